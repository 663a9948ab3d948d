"""The month as a resumable sequence of stages; window and command line start the same process."""
