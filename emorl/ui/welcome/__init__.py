"""The Welcome notice, shown once per browser."""
