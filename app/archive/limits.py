"""How much an archive may ask for: nothing that would fill a memory, or never end."""

from __future__ import annotations

import zipfile

# Text packs ten times, seldom forty; what packs two hundred times is made to burst.
MAX_RATIO = 200
BURST_BYTES = 64 << 20
MAX_LINE_BYTES = 64 << 20
MAX_CONTENTS_BYTES = 16 << 20
MAX_TEXT_BYTES = 16 << 20
MAX_NOTE_BYTES = 64 << 10
MAX_HEADER_BYTES = 32 << 20


def bursts(member: zipfile.ZipInfo) -> bool:
    """Whether a member unpacks to so much more than itself as only a ZIP bomb does."""
    big = member.file_size > BURST_BYTES
    return big and member.file_size / max(1, member.compress_size) > MAX_RATIO
