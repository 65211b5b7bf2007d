"""The atlas of a reflection: grown on the server, kept by the page, looked up by its sliders and by the Map screen."""
