"""Where a home lies: in a folder that a program keeps alike on several computers, or on a disk
that a database does not like."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

# Names of folders by which the programs are known on Windows, macOS and Linux, in small letters.
_EXACTLY = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "icloud drive": "iCloud Drive",
    "iclouddrive": "iCloud Drive",
    "mobile documents": "iCloud Drive",
    "com~apple~clouddocs": "iCloud Drive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "nextcloud": "Nextcloud",
    "syncthing": "Syncthing",
}
# As OneDrive, Dropbox and macOS name them for an account: "OneDrive - Work", "GoogleDrive-you@...".
_BEGINNINGS = {
    "dropbox (": "Dropbox",
    "dropbox-": "Dropbox",
    "onedrive - ": "OneDrive",
    "onedrive-": "OneDrive",
    "googledrive-": "Google Drive",
    "nextcloud-": "Nextcloud",
}
# What the programs leave in the folder that they keep alike.
_MARKS = {
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
    ".849C9593-D756-4E56-8D6E-42412F2A707B": "OneDrive",
    ".tmp.drivedownload": "Google Drive",
    ".nextcloudsync.log": "Nextcloud",
    ".stfolder": "Syncthing",
}
# Folders of the user that OneDrive and iCloud take over; the variables name the first one's.
_ONEDRIVE_VARIABLES = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")
_NETWORK = ("nfs", "cifs", "smb", "afp", "sshfs", "webdav", "davfs", "9p", "ceph", "glusterfs")
_FAT = ("vfat", "msdos", "exfat", "fat", "fat32")


def synced_by(path: Path | PurePath) -> str | None:
    """The program that keeps a folder alike on several computers, as far as can be seen."""
    for part in (each.casefold() for each in path.parts):
        if part in _EXACTLY:
            return _EXACTLY[part]
        for beginning, name in _BEGINNINGS.items():
            if part.startswith(beginning):
                return name
    if not isinstance(path, Path):
        return None
    for variable in _ONEDRIVE_VARIABLES:
        root = os.environ.get(variable)
        if root and path.is_relative_to(root):
            return "OneDrive"
    return _marked(path)


def _marked(path: Path) -> str | None:
    for folder in (path, *path.parents):
        for mark, name in _MARKS.items():
            # Dropbox keeps a folder of this name for itself in the user's own folder, too.
            own = mark == ".dropbox" and (folder / mark).is_dir()
            if not own and os.path.lexists(folder / mark):
                return name
    return None


def risky_file_system(path: Path) -> str | None:
    """The name of a network or FAT file system, on which a database can be damaged; else None."""
    import psutil

    try:
        partitions = psutil.disk_partitions(all=True)
    except OSError:
        return None
    inside = [each for each in partitions if path.is_relative_to(each.mountpoint)]
    if not inside:
        return None
    kind = max(inside, key=lambda each: len(each.mountpoint)).fstype.casefold()
    plain = kind.removeprefix("fuse.").removeprefix("fuseblk.")
    return kind if plain in _FAT or plain.startswith(_NETWORK) else None
