# SPDX-License-Identifier: MIT
"""Debian's kernel: the package is downloaded and unpacked, not installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workloads.record.errors import BadInput, RecordingFailed

META_PACKAGE = "linux-image-amd64"

# In the order in which they must be loaded; the last one is for the guest's
# own recording.
MODULES = (
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "virtio_console",
    "virtio_balloon",
)


@dataclass(frozen=True)
class GuestKernel:
    """An unpacked kernel: `folder` has vmlinuz and NAME.ko of MODULES."""

    folder: Path
    description: str

    @property
    def vmlinuz(self) -> Path:
        return self.folder / "vmlinuz"


def fetch(cache: Path, package: str = "") -> GuestKernel:
    """The kernel that apt-get knows now, from `cache` if it is there.

    A `package` that is named may lack MODULES.
    """
    if shutil.which("apt-get") is None:
        raise BadInput(
            "no apt-get here, which downloads the guest's kernel; "
            "record on Debian or in a container of it"
        )
    modules = () if package else MODULES
    package = package or newest()
    version = _version(package)
    folder = cache / f"{package}_{version.replace(':', '_')}"
    if not modules and not folder.is_dir():
        folder = folder.with_name(f"{folder.name}_image")
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            unpacked = Path(scratch) / "kernel"
            unpacked.mkdir()
            _unpack(_download(package, Path(scratch)), unpacked, modules)
            try:
                unpacked.rename(folder)
            except OSError:
                # Somebody else was quicker, which is as good.
                if not folder.is_dir():
                    raise
    upstream = re.sub(r"^\d+:|-[^-]*$", "", version)
    release = package.removeprefix("linux-image-")
    return GuestKernel(folder, f"Linux {upstream} (Debian {release})")


def newest() -> str:
    """The package that META_PACKAGE stands for."""
    depends = _output("apt-cache", "depends", META_PACKAGE)
    name = re.search(r"Depends: (linux-image-\d\S*)", depends)
    if name is None:
        raise BadInput(
            f"apt-cache does not know {META_PACKAGE}; run apt-get update"
        )
    return name[1]


def _version(package: str) -> str:
    policy = _output("apt-cache", "policy", package)
    version = re.search(r"Candidate: (\d\S*)", policy)
    if version is None:
        raise BadInput(
            f"apt-cache has no version of {package}; run apt-get update"
        )
    return version[1]


def _output(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, check=False
    ).stdout


def _download(package: str, folder: Path) -> Path:
    result = subprocess.run(
        ["apt-get", "download", package],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    found = list(folder.glob("*.deb"))
    if result.returncode != 0 or len(found) != 1:
        lines = result.stderr.strip().splitlines() or ["no package came"]
        raise RecordingFailed(f"apt-get download {package}: {lines[-1]}")
    return found[0]


def _unpack(package: Path, folder: Path, modules: tuple[str, ...]) -> None:
    """Takes vmlinuz and modules out of half a gigabyte, while it streams."""
    wanted = {f"{name}.ko" for name in modules}
    process = subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process, tarfile.open(fileobj=process.stdout, mode="r|") as archive:
        for member in archive:
            name = member.name.rsplit("/", 1)[-1]
            if name.startswith("vmlinuz-"):
                name = "vmlinuz"
            elif name not in wanted:
                continue
            source = archive.extractfile(member)
            if source is not None:
                (folder / name).write_bytes(source.read())
                wanted.discard(name)
    if wanted or not (folder / "vmlinuz").is_file():
        raise RecordingFailed(
            f"{package.name}: lacks {' '.join(sorted(wanted)) or 'vmlinuz'}"
        )
