"""One file per Lambda."""
