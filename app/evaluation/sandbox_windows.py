"""What Windows gives to shut a process in: a job object."""

from __future__ import annotations

import ctypes
import sys
from types import TracebackType
from typing import Any

SUSPENDED, WITHOUT_WINDOW = 0x00000004, 0x08000000  # how a process for a job is made
_PROCESS_TIME, _ACTIVE_PROCESSES, _PROCESS_MEMORY = 0x2, 0x8, 0x100
_JOB_MEMORY, _DIE_SILENTLY, _KILL_ON_CLOSE = 0x200, 0x400, 0x2000
_EXTENDED_LIMITS, _UI_RESTRICTIONS = 9, 4
_EVERY_UI = 0xFF  # handles, clipboard, settings, atoms, desktops, shutting down
_MAY_BE_ASSIGNED = 0x0001 | 0x0100 | 0x0800  # terminate, set quota, resume
_PER_S = 10_000_000  # its clock counts 100 ns


class _BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", _BasicLimits),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def limits(cpu_s: int, memory_bytes: int) -> ExtendedLimits:
    """One process, so much memory and time, and its end when the app lets go of the job."""
    wanted = ExtendedLimits()
    wanted.basic.flags = (
        _PROCESS_TIME | _ACTIVE_PROCESSES | _PROCESS_MEMORY
        | _JOB_MEMORY | _DIE_SILENTLY | _KILL_ON_CLOSE
    )  # fmt: skip
    wanted.basic.process_time = cpu_s * _PER_S
    wanted.basic.active_processes = 1
    wanted.process_memory = wanted.job_memory = memory_bytes
    return wanted


class Job:
    """A job object; what is in it ends with it."""

    def __init__(self, cpu_s: int, memory_bytes: int) -> None:
        self._kernel, self._native = _libraries()
        self._handle = self._kernel.CreateJobObjectW(None, None)
        wanted = limits(cpu_s, memory_bytes)
        restricted = ctypes.c_uint32(_EVERY_UI)
        self._ready = bool(
            self._handle
            and self._set(_EXTENDED_LIMITS, wanted)
            and self._set(_UI_RESTRICTIONS, restricted)
        )

    def _set(self, kind: int, value: Any) -> bool:
        size = ctypes.sizeof(value)
        done = self._kernel.SetInformationJobObject(self._handle, kind, ctypes.byref(value), size)
        return bool(done)

    def take(self, pid: int) -> bool:
        """Put a suspended process into the job and let it go on; whether that worked."""
        process = self._kernel.OpenProcess(_MAY_BE_ASSIGNED, False, pid) if self._ready else None
        if not process:
            return False
        taken = bool(self._kernel.AssignProcessToJobObject(self._handle, process))
        if taken:
            self._native.NtResumeProcess(process)
        self._kernel.CloseHandle(process)
        return taken

    def __enter__(self) -> Job:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle:
            self._kernel.CloseHandle(self._handle)


def _libraries() -> tuple[Any, Any]:
    """kernel32 and ntdll, with handles as wide as they are."""
    if sys.platform != "win32":
        raise OSError("job objects are Windows's")
    kernel, native = ctypes.WinDLL("kernel32"), ctypes.WinDLL("ntdll")
    handle = ctypes.c_void_p
    kernel.CreateJobObjectW.restype = kernel.OpenProcess.restype = handle
    kernel.CreateJobObjectW.argtypes = (handle, ctypes.c_wchar_p)
    kernel.SetInformationJobObject.argtypes = (handle, ctypes.c_int, handle, ctypes.c_uint32)
    kernel.OpenProcess.argtypes = (ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32)
    kernel.AssignProcessToJobObject.argtypes = (handle, handle)
    kernel.CloseHandle.argtypes = native.NtResumeProcess.argtypes = (handle,)
    return kernel, native
