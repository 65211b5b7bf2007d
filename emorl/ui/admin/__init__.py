"""What the screens for whoever runs the app share: password or sign-in, the session, and how they are guarded."""
