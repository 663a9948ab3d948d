"""Local QLoRA training in a process of its own: `python -m trainer run FOLDER`."""
