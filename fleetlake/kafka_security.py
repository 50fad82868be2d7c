"""TLS and SASL settings: people write librdkafka's names, Spark's Kafka source wants Java's."""

from collections.abc import Mapping
from pathlib import Path

from fleetlake.console import Failure

SAME_IN_JAVA = {"ssl.key.password", "ssl.endpoint.identification.algorithm", "sasl.kerberos.service.name", "client.id"}
LOGIN_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
TOGETHER = {"sasl.mechanism", "sasl.mechanisms", "sasl.username", "sasl.password"}  # one sasl.jaas.config in Java


def java_names(security: Mapping[str, str]) -> dict[str, str]:
    """The settings in Java's words. Raises Failure for one that has none, rather than leave it out."""
    told: dict[str, str] = login(security) if TOGETHER & set(security) else {}
    for name, value in security.items():
        if name not in TOGETHER:
            told |= translated(name, value)
    return told


def translated(name: str, value: str) -> dict[str, str]:
    """One setting in Java's words."""
    match name:
        case "security.protocol":
            return {name: value.upper()}
        case "ssl.ca.location":
            return {"ssl.truststore.type": "PEM", "ssl.truststore.location": value}
        case "ssl.ca.pem":
            return {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": value}
        case "ssl.certificate.location" | "ssl.certificate.pem":
            return {"ssl.keystore.type": "PEM", "ssl.keystore.certificate.chain": value if name.endswith("pem") else text(name, value)}
        case "ssl.key.location" | "ssl.key.pem":
            return {"ssl.keystore.type": "PEM", "ssl.keystore.key": pkcs8(name, value if name.endswith("pem") else text(name, value))}
        case "ssl.endpoint.identification.algorithm":
            return {name: "" if value == "none" else value}
        case _ if name in SAME_IN_JAVA:
            return {name: value}
    raise Failure(f"FLEET_KAFKA_SECURITY: Spark's Kafka client has no counterpart of {name}", f"known: {', '.join(sorted(KNOWN))}")


def login(security: Mapping[str, str]) -> dict[str, str]:
    """User and password as Java's login configuration. Raises Failure for a mechanism that needs more than these."""
    mechanism = security.get("sasl.mechanisms") or security.get("sasl.mechanism", "")
    if mechanism not in LOGIN_MODULES or not {"sasl.username", "sasl.password"} <= set(security):
        raise Failure(
            f"FLEET_KAFKA_SECURITY: sasl.mechanism is {mechanism or 'missing'}, or user or password are",
            f"sasl.mechanism ({', '.join(LOGIN_MODULES)}), sasl.username and sasl.password belong together",
        )
    user, password = (quoted(security[name]) for name in ("sasl.username", "sasl.password"))
    return {"sasl.mechanism": mechanism, "sasl.jaas.config": f"{LOGIN_MODULES[mechanism]} required username={user} password={password};"}


def quoted(value: str) -> str:
    """A value inside Java's login configuration."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def text(name: str, path: str) -> str:
    """The content of a file that a setting names."""
    try:
        return Path(path).read_text()
    except OSError as error:
        raise Failure(f"FLEET_KAFKA_SECURITY: {name}: {path} cannot be read: {error.strerror}", "give the path of a PEM file") from error


def pkcs8(name: str, key: str) -> str:
    """The key itself, in the only form that Java reads."""
    if "BEGIN PRIVATE KEY" in key or "BEGIN ENCRYPTED PRIVATE KEY" in key:
        return key
    raise Failure(
        f"FLEET_KAFKA_SECURITY: {name} is not a PKCS #8 key, and Java reads no other",
        "openssl pkcs8 -topk8 -nocrypt -in key.pem -out key.p8.pem",
    )


KNOWN = {
    "security.protocol",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.key.location",
    "ssl.key.pem",
    *SAME_IN_JAVA,
    *TOGETHER,
}
