"""The Study screen: setting up a rating study, inviting raters, following it; behind the log-in."""
