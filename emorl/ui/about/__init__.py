"""The About screen: what the app is, how it writes, its limits, licences and contacts."""
