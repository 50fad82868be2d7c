"""A training set's manifest, told to MLflow, for those who keep their runs there: pip install 'fleetlake[mlflow]'."""

from fleetlake.features.manifest import NAME, Manifest


def tell(manifest: Manifest) -> None:
    """To the active run of MLflow, which begins one where there is none: release, rows, checksum and features as parameters, the manifest as an
    artifact. Raises ModuleNotFoundError where MLflow is not installed."""
    import mlflow

    told = {"release": manifest.release, "rows": manifest.rows, "checksum": manifest.checksum, "features": len(manifest.features)}
    mlflow.log_params({f"training_set.{name}": value for name, value in told.items()})
    mlflow.log_text(manifest.to_json(), f"training_set/{NAME}")
