"""Models folders from adapters of your own: `build` writes one, `check` opens one, `cli` has their commands."""
