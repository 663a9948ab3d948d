"""Words for the kinds of errors: what happened, what was kept, what to do."""

from __future__ import annotations

from app.gui.translation import tr

Words = tuple[str, str, str]


def words_for(kind: str) -> Words | None:
    """Words for what people meet most, in place of an error's own in every language."""
    kept = _kept()
    words = {
        "runtime_start": (
            tr("The model could not be started."),
            kept["stored"],
            tr("Try again; if it happens again, close other programs to free memory."),
        ),
        "runtime_lost": (
            tr("The model ended in the middle of the reply."),
            kept["written"],
            tr("Ask again: it is started anew."),
        ),
        "runtime_unloaded": (
            tr("The model is not in memory now: a training may be using the device."),
            kept["stored"],
            tr("Wait for the training to end, or load the model beside it."),
        ),
        "context_too_long": (
            tr("This conversation has become longer than the model can read."),
            kept["stored"],
            tr("Begin a new conversation."),
        ),
        "disk_full": (
            tr("The disk is full."),
            kept["stored"],
            tr("Free some space, then try again."),
        ),
        "read_only": (
            tr("The home cannot be written to."),
            kept["unchanged"],
            tr("Make the folder writable for your user, then try again."),
        ),
        "locked": (
            tr("Another program holds the database for long."),
            kept["stored"],
            tr("Try again in a moment."),
        ),
        "no_name": (
            tr("A persona needs a name."),
            "",
            tr("Write one and try again."),
        ),
        "starter_damaged": (
            tr("The starter model is damaged; it is neither served nor trained."),
            kept["talks"],
            tr("Get the model again."),
        ),
    }
    return words.get(kind)


def words_beside_english(kind: str) -> Words | None:
    """Words for every kind that has some; an error's own words are English."""
    return words_for(kind) or _of_models_and_trainings(kind) or _of_files(kind)


def _kept() -> dict[str, str]:
    return {
        "stored": tr("Everything that was stored is still there."),
        "written": tr("What was written so far is kept."),
        "unchanged": tr("Nothing in it was changed."),
        "talks": tr("Conversations, ratings and adapters are all there."),
        "ratings": tr("Every rating is kept and counts next time."),
        "trained": tr("Everything that was rated and trained so far is kept."),
        "file": tr("The damaged file was left as it is; runs and models are intact."),
        "installed": tr("What is installed was kept."),
    }


def _of_models_and_trainings(kind: str) -> Words | None:
    """Around the base model and the training of an adapter."""
    kept = _kept()
    words = {
        "runtime_missing": (
            tr("The built-in runtime is not installed whole."),
            kept["talks"],
            tr("Install it again with: python3 start.py setup"),
        ),
        "runtime_down": (
            tr("The model does not answer."),
            kept["stored"],
            tr("Try again in a moment."),
        ),
        "request_refused": (
            tr("The model refused the request."),
            kept["stored"],
            tr("Begin a new conversation."),
        ),
        "gguf_unreadable": (
            tr("The model file cannot be read."),
            kept["stored"],
            tr("Put the right file back in its place, or choose another base."),
        ),
        "base_damaged": (
            tr("The file of the base model is damaged."),
            kept["talks"],
            tr("Put the right file back in its place, or choose another base."),
        ),
        "base_missing": (
            tr("The file of the base model is not in its place."),
            kept["talks"],
            tr("Put the right file back in its place, or choose another base."),
        ),
        "no_base": (
            tr("This persona has no base model that can be used."),
            kept["stored"],
            tr("Get the starter model, then try again."),
        ),
        "base_unsupported": (
            tr("An adapter cannot be trained on this base model."),
            kept["stored"],
            tr("Choose another base for the persona; chatting with this one still works."),
        ),
        "base_not_served": (
            tr("The built-in runtime cannot serve this base model."),
            kept["stored"],
            tr("Choose the same model as a GGUF file."),
        ),
        "starter": (
            tr("The starter model could not be fetched."),
            kept["stored"],
            tr("See that you are connected to the internet, then try again."),
        ),
        "not_enough": (
            tr("There are not enough new usable replies for an adapter yet."),
            kept["ratings"],
            tr("Approve or correct more replies, then start the training."),
        ),
        "persona_busy": (
            tr("This persona is being trained by another process."),
            kept["ratings"],
            tr("Wait for it to end, or stop it."),
        ),
        "no_training": (
            tr("What training needs is not installed."),
            kept["ratings"],
            tr("Install what training needs first."),
        ),
        "environment": (
            tr("What training needs is not installed whole."),
            kept["trained"],
            tr("Install what training needs again, then start the training again."),
        ),
        "incomplete": (
            tr("A package that Perennial needs is not installed."),
            kept["stored"],
            tr("Install it again with: python3 start.py setup"),
        ),
        "memory": (
            tr("There was not enough memory, even with the smallest batch."),
            kept["trained"],
            tr("Close other programs, then start the training again."),
        ),
        "trainer_died": (
            tr("The training ended several times without a word."),
            kept["trained"],
            tr("Close other programs, then start the training again."),
        ),
        "diverged": (
            tr("The loss was no longer a number: the training went astray."),
            kept["ratings"],
            tr("Choose a recipe with a lower learning rate."),
        ),
    }
    return words.get(kind)


def _of_files(kind: str) -> Words | None:
    """Around runs, files and the installation."""
    kept = _kept()
    words = {
        "data_unusable": (
            tr("There is nothing to learn from, or nothing held out to learn against."),
            kept["ratings"],
            tr("Rate a few more replies, then train again."),
        ),
        "device_unusable": (
            tr("This device cannot train in any precision."),
            kept["ratings"],
            tr("Train on another machine, or choose a smaller base."),
        ),
        "bug": (
            tr("The training ended with an error that nobody expected."),
            kept["trained"],
            tr(
                "Start the training again: it goes on from the last checkpoint. The log tells more."
            ),
        ),
        "parity": (
            tr("What is served is not what was trained; the old adapter was put back."),
            kept["trained"],
            tr("Try again; if it happens again, start a new training."),
        ),
        "recipe": (
            tr("The recipe is not there, or holds wrong values."),
            kept["ratings"],
            tr("Correct the recipe, then try again."),
        ),
        "run_over": (
            tr("This training is over already."),
            kept["ratings"],
            tr("Start a new training."),
        ),
        "run_unknown": (
            tr("The folder of this training was removed or damaged."),
            kept["ratings"],
            tr("Start a new training."),
        ),
        "not_writable": (
            tr("A file of the training cannot be used."),
            kept["trained"],
            tr("See that the home can be written to, then try again."),
        ),
        "adapter_unsupported": (
            tr("The adapter cannot be turned into a form that is served."),
            kept["trained"],
            tr("Start a new training."),
        ),
        "adapter_mismatch": (
            tr("The adapter does not fit the base model."),
            kept["trained"],
            tr("Start a new training."),
        ),
        "disk_failed": (
            tr("The disk does not answer."),
            kept["stored"],
            tr("Check that the disk is connected and sound, then try again."),
        ),
        "damaged": (
            tr("The database is damaged."),
            kept["file"],
            tr("Run `perennial doctor` in a terminal: it names the newest backup and what to do."),
        ),
        "newer": (
            tr("The database was written by a newer Perennial."),
            kept["unchanged"],
            tr("Update Perennial."),
        ),
        "unusable": (
            tr("The home cannot be used."),
            kept["unchanged"],
            tr("See that its disk is connected and that the folder is yours, then try again."),
        ),
        "not_a_folder": (
            tr("The home is not a folder."),
            kept["unchanged"],
            tr("Move the file that is in the way, then try again."),
        ),
        "not_private": (
            tr("The home can be read by others."),
            kept["unchanged"],
            tr("Choose a folder of your own."),
        ),
        "missing": (
            tr("This is no longer in the store."),
            kept["stored"],
            tr("It may have been removed by another window; look at the list again."),
        ),
        "setup_failed": (
            tr("The installation did not finish."),
            kept["installed"],
            tr("See that you are connected to the internet, then try again."),
        ),
        "setup_disk_full": (
            tr("There is not enough room to install what training needs."),
            kept["installed"],
            tr("Free some space, then try again."),
        ),
        "setup_no_folder": (
            tr(
                "Perennial does not run from its own folder here, so it cannot install"
                " for training."
            ),
            kept["installed"],
            tr('Install it yourself with: pip install "perennial[train]"'),
        ),
    }
    return words.get(kind)
