"""Where this repository lies, which holds the scripts: on the disk, or fetched there first."""

import os
import shutil
import tempfile
from pathlib import Path


def unpacked(here):
    """Return the directory of the commit from which a hosting service serves this file.

    Of what a module names by `github(...)` Snakemake brings single files; scripts need each other.
    """
    repository = here.hosted_repo.repo
    commit = repository.commit(here.ref).hexsha
    place = Path(".snakemake", "snakespice", commit).resolve()
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as aside:
            packed, tree = Path(aside, "packed.tar"), Path(aside, "tree")
            repository.git.archive(commit, output=packed)
            shutil.unpack_archive(packed, tree)
            try:
                os.rename(tree, place)
            except OSError:
                if not place.exists():  # else another process was faster
                    raise
    return place


HOME = (
    unpacked(workflow.current_basedir)
    if hasattr(workflow.current_basedir, "hosted_repo")
    else Path(str(workflow.current_basedir)).parent.parent
)
