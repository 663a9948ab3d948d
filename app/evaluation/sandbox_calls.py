"""Linux's system calls that code in the sandbox may not make, as a seccomp filter.

What Landlock does not know of is closed here: sockets, signals to others, file modes and owners,
new namespaces, shared memory that outlives its process. Standard library only.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from typing import Any

_SECCOMP, _FILTER = 22, 2
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_THREAD = 0x00010000
_NEW_NAMESPACES = 0x7E020000

# Numbers on x86_64 and aarch64; None where there is no such call.
_Numbers = tuple[tuple[int | None, int | None], ...]
_PROCESSES: _Numbers = ((57, None), (58, None), (59, 221), (322, 281))  # fork, vfork, execve(at)
_SIGNALS: _Numbers = ((62, 129), (200, 130), (234, 131), (129, 138), (297, 240), (424, 424))
_MEETING: _Numbers = ((41, 198), (42, 203), (49, 200), (50, 201))  # socket, connect, bind, listen
_ALWAYS: _Numbers = (
    (109, 154), (112, 157),  # setpgid, setsid: the group is how all of it is ended
    (76, 45), (90, None), (91, 52), (268, 53), (452, 452),  # truncate, chmod and its kin
    (92, None), (93, 55), (94, None), (260, 54),  # chown and its kin
    (132, None), (235, None), (261, None), (280, 88),  # utime and its kin
    (188, 5), (189, 6), (190, 7), (197, 14), (198, 15), (199, 16), (463, 463), (466, 466),  # xattr
    (469, 469), (253, None), (254, 27), (294, 26), (300, 262),  # file_setattr, inotify, fanotify
    (101, 117), (310, 270), (311, 271), (312, 272), (434, 434), (438, 438), (440, 440),  # ptrace
    (141, 140), (142, 118), (144, 119), (314, 274), (203, 122), (251, 30),  # others' priorities
    (256, 238), (279, 239),  # migrate_pages, move_pages
    (29, 194), (64, 190), (68, 186), (240, 180), (319, 279), (447, 447),  # shared memory, memfd
    (272, 97), (308, 268), (155, 41), (161, 51), (165, 40), (166, 39),  # unshare, setns, mount
    (428, 428), (429, 429), (430, 430), (432, 432), (433, 433), (442, 442), (467, 467),
    (425, 425), (321, 280), (298, 241), (323, 282), (304, 265),  # io_uring, bpf, perf, handles
    (248, 217), (249, 218), (250, 219), (103, 116), (135, 92), (154, None),  # keys, syslog
    (167, 224), (168, 225), (169, 142), (170, 161), (171, 162), (163, 89), (179, 60),
    (175, 105), (313, 273), (176, 106), (246, 104), (320, 294),  # modules, kexec
    (164, 170), (159, 171), (227, 112), (305, 266), (172, None), (173, None),  # the clock, ports
)  # fmt: skip
# call: which argument may not be which values. F_SETOWN, F_SETSIG, F_SETOWN_EX send signals, so
# do FIOSETOWN and SIOCSPGRP; TIOCSTI and TIOCLINUX type at the user's terminal.
_BARRED: tuple[tuple[tuple[int, int], int, tuple[int, ...]], ...] = (
    ((72, 25), 1, (8, 10, 15)),
    ((16, 29), 1, (0x5412, 0x541C, 0x8901, 0x8902)),
)

_Line = tuple[int, int, int, int]


def known_machine() -> bool:
    """Whether the calls' numbers are known for this processor."""
    return platform.machine() in _ARCHITECTURES and sys.maxsize > 2**32


def close_calls(libc: Any, *, processes: bool, signals: bool, local_sockets: bool) -> bool:
    """Refuse the calls from here on, to this process and all that it starts.

    `local_sockets` may be had where there are none of others; of the network's there are none.
    """
    if not known_machine():
        return False
    lines = _program(platform.machine(), processes, signals, local_sockets)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    header = struct.pack("@HP", len(lines), ctypes.addressof(code))
    return bool(libc.prctl(_SECCOMP, _FILTER, header, 0, 0) == 0)


def _program(machine: str, processes: bool, signals: bool, local_sockets: bool) -> list[_Line]:
    architecture, column = _ARCHITECTURES[machine]
    refused = _ALWAYS + (() if processes else _PROCESSES) + (() if signals else _SIGNALS)
    refused += () if local_sockets else _MEETING
    lines: list[_Line] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":  # calls of the x32 kind have this bit
        lines += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _EPERM)]
    for numbers in refused:
        number = numbers[column]
        if number is not None:
            lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _EPERM)]
    # The C library takes clone when there is no clone3, whose flags a filter cannot see.
    lines += [(_EQUAL, 0, 1, 435), (_RETURN, 0, 0, _ENOSYS)]
    kinds = (_NEW_NAMESPACES, 0) if processes else (_NEW_NAMESPACES | _THREAD, _THREAD)
    lines += _only((56, 220)[column], (0, *kinds))
    lines += _only((302, 261)[column], (0, 0xFFFFFFFF, 0))  # prlimit64: its own limits
    lines += _only((41, 198)[column], (0, 0xFFFFFFFF, 1))  # socket: a local one
    lines += _only((53, 199)[column], (0, 0xFFFFFFFF, 1), (1, 0xF, 1))  # socketpair: local streams
    for call, argument, values in _BARRED:
        body: list[_Line] = [(_LOAD, 0, 0, _offset(argument))]
        for value in values:
            body += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _EPERM)]
        lines += _when(call[column], body)
    return [*lines, (_RETURN, 0, 0, _ALLOW)]


def _only(number: int, *conditions: tuple[int, int, int]) -> list[_Line]:
    """Allow a call only where each (argument, mask, value) is met."""
    body: list[_Line] = []
    for argument, mask, value in conditions:
        body += [
            (_LOAD, 0, 0, _offset(argument)),
            (_AND, 0, 0, mask),
            (_EQUAL, 1, 0, value),
            (_RETURN, 0, 0, _EPERM),
        ]
    return _when(number, body)


def _when(number: int, body: list[_Line]) -> list[_Line]:
    return [(_EQUAL, 0, len(body) + 1, number), *body, (_RETURN, 0, 0, _ALLOW)]


def _offset(argument: int) -> int:
    """Where an argument's lower half lies: all that is asked of are ints to the kernel."""
    return 16 + 8 * argument
