"""Pages over released tables: Streamlit and Altair, by fleetlake's readers, without a JVM. `fleet dashboard` serves them."""
