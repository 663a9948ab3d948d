"""Words for the kinds of errors: what happened, what was kept, what to do."""

from __future__ import annotations

from app.gui.base_words import OF_BASES
from app.gui.compare_words import OF_COMPARING
from app.gui.ollama_words import OF_OLLAMA, OF_SERVING
from app.gui.own_test_words import OF_TESTS
from app.gui.programs_words import OF_PROGRAMS
from app.gui.schedule_words import OF_SCHEDULE
from app.gui.source_words import OF_SOURCES
from app.gui.storage_words import OF_STORAGE
from app.gui.translation import later, tr

Words = tuple[str, str, str]

STORED = later("Everything that was stored is still there.")
WRITTEN = later("What was written so far is kept.")
UNCHANGED = later("Nothing in it was changed.")
TALKS = later("Conversations, ratings and adapters are all there.")
RATINGS = later("Every rating is kept and counts next time.")
TRAINED = later("Everything that was rated and trained so far is kept.")
FILE = later("The damaged file was left as it is; runs and models are intact.")
INSTALLED = later("What is installed was kept.")
UNCHANGED_HERE = later("Nothing here was changed.")
CAME_IN = later("What came in so far stays.")
NOTHING_YET = later("Nothing was forgotten yet; everything is as it was.")

# What people meet most, in place of an error's own words in every language.
_IN_EVERY_LANGUAGE: dict[str, Words] = {
    "runtime_start": (
        later("The model could not be started."),
        STORED,
        later("Try again; if it happens again, close other programs to free memory."),
    ),
    "runtime_lost": (
        later("The model ended in the middle of the reply."),
        WRITTEN,
        later("Ask again: it is started anew."),
    ),
    "runtime_unloaded": (
        later("The model is not in memory now: a training may be using the device."),
        STORED,
        later("Wait for the training to end, or load the model beside it."),
    ),
    "context_too_long": (
        later("This conversation has become longer than the model can read."),
        STORED,
        later("Begin a new conversation."),
    ),
    "disk_full": (
        later("The disk is full."),
        STORED,
        later("Free some space, then try again."),
    ),
    "read_only": (
        later("The home cannot be written to."),
        UNCHANGED,
        later("Make the folder writable for your user, then try again."),
    ),
    "locked": (
        later("Another program holds the database for long."),
        STORED,
        later("Try again in a moment."),
    ),
    "no_name": (
        later("A persona needs a name."),
        "",
        later("Write one and try again."),
    ),
    "starter_damaged": (
        later("The starter model is damaged; it is neither served nor trained."),
        TALKS,
        later("Get the model again."),
    ),
}

# Around the base model and the training of an adapter.
_OF_MODELS_AND_TRAININGS: dict[str, Words] = {
    "runtime_missing": (
        later("The built-in runtime is not installed whole."),
        TALKS,
        later("Install it again with: python3 start.py setup"),
    ),
    "runtime_down": (
        later("The model does not answer."),
        STORED,
        later("Try again in a moment."),
    ),
    "request_refused": (
        later("The model refused the request."),
        STORED,
        later("Begin a new conversation."),
    ),
    "gguf_unreadable": (
        later("The model file cannot be read."),
        STORED,
        later("Put the right file back in its place, or choose another base."),
    ),
    "base_damaged": (
        later("The file of the base model is damaged."),
        TALKS,
        later("Put the right file back in its place, or choose another base."),
    ),
    "base_missing": (
        later("The file of the base model is not in its place."),
        TALKS,
        later("Put the right file back in its place, or choose another base."),
    ),
    "no_base": (
        later("This persona has no base model that can be used."),
        STORED,
        later("Get the starter model, then try again."),
    ),
    "base_unsupported": (
        later("An adapter cannot be trained on this base model."),
        STORED,
        later("Choose another base for the persona; chatting with this one still works."),
    ),
    "base_not_served": (
        later("The built-in runtime cannot serve this base model."),
        STORED,
        later("Choose the same model as a GGUF file."),
    ),
    "starter": (
        later("The starter model could not be fetched."),
        STORED,
        later("See that you are connected to the internet, then try again."),
    ),
    "not_enough": (
        later("There are not enough new usable replies for an adapter yet."),
        RATINGS,
        later("Approve or correct more replies, then start the training."),
    ),
    "no_replay": (
        later("There is too little replay to go with what is new; nothing was trained."),
        RATINGS,
        later(
            "On the replay page, give a group a target and items in a language that the persona"
            " and its base share, or choose another base."
        ),
    ),
    "persona_busy": (
        later("This persona is being trained by another process."),
        RATINGS,
        later("Wait for it to end, or stop it."),
    ),
    "no_training": (
        later("What training needs is not installed."),
        RATINGS,
        later("Install what training needs first."),
    ),
    "environment": (
        later("What training needs is not installed whole."),
        TRAINED,
        later("Install what training needs again, then start the training again."),
    ),
    "incomplete": (
        later("A package that Perennial needs is not installed."),
        STORED,
        later("Install it again with: python3 start.py setup"),
    ),
    "memory": (
        later("There was not enough memory, even with the smallest batch."),
        TRAINED,
        later("Close other programs, then start the training again."),
    ),
    "memory_too_small": (
        later("The training does not fit into the memory that is free."),
        TRAINED,
        later("Close other programs, or choose a smaller base."),
    ),
    "trainer_died": (
        later("The training ended several times without a word."),
        TRAINED,
        later("Close other programs, then start the training again."),
    ),
    "diverged": (
        later("The loss was no longer a number: the training went astray."),
        RATINGS,
        later("Choose a recipe with a lower learning rate."),
    ),
}

# Around runs, files and the installation.
_OF_FILES: dict[str, Words] = {
    "data_unusable": (
        later("There is nothing to learn from, or nothing held out to learn against."),
        RATINGS,
        later("Rate a few more replies, then train again."),
    ),
    "device_unusable": (
        later("This device cannot train in any precision."),
        RATINGS,
        later("Train on another machine, or choose a smaller base."),
    ),
    "bug": (
        later("The training ended with an error that nobody expected."),
        TRAINED,
        later("Start the training again: it goes on from the last checkpoint. The log tells more."),
    ),
    "parity": (
        later("What is served is not what was trained; the old adapter was put back."),
        TRAINED,
        later("Try again; if it happens again, start a new training."),
    ),
    "recipe": (
        later("The recipe is not there, or holds wrong values."),
        RATINGS,
        later("Correct the recipe, then try again."),
    ),
    "overrule_reason": (
        later("A reason is missing, or is too long."),
        UNCHANGED_HERE,
        later("Say in at most 200 characters why you use the adapter all the same."),
    ),
    "overrule_late": (
        later("Since this adapter was examined something has changed, so it cannot be used now."),
        UNCHANGED_HERE,
        later("Start a new training."),
    ),
    "run_over": (
        later("This training is over already."),
        RATINGS,
        later("Start a new training."),
    ),
    "run_unknown": (
        later("The folder of this training was removed or damaged."),
        RATINGS,
        later("Start a new training."),
    ),
    "not_writable": (
        later("A file of the training cannot be used."),
        TRAINED,
        later("See that the home can be written to, then try again."),
    ),
    "adapter_unsupported": (
        later("The adapter cannot be turned into a form that is served."),
        TRAINED,
        later("Start a new training."),
    ),
    "adapter_mismatch": (
        later("The adapter does not fit the base model."),
        TRAINED,
        later("Start a new training."),
    ),
    "disk_failed": (
        later("The disk does not answer."),
        STORED,
        later("Check that the disk is connected and sound, then try again."),
    ),
    "damaged": (
        later("The database is damaged."),
        FILE,
        later("Run `perennial doctor` in a terminal: it names the newest backup and what to do."),
    ),
    "newer": (
        later("The database was written by a newer Perennial."),
        UNCHANGED,
        later("Update Perennial."),
    ),
    "unusable": (
        later("The home cannot be used."),
        UNCHANGED,
        later("See that its disk is connected and that the folder is yours, then try again."),
    ),
    "not_a_folder": (
        later("The home is not a folder."),
        UNCHANGED,
        later("Move the file that is in the way, then try again."),
    ),
    "not_private": (
        later("The home can be read by others."),
        UNCHANGED,
        later("Choose a folder of your own."),
    ),
    "home_gone": (
        later("The home is no longer where it was, or was exchanged for another."),
        later(
            "What was stored before lies in it unchanged; the last change was not stored, and"
            " nothing was put in its place."
        ),
        later("Connect its disk or move the folder back, then try again."),
    ),
    "missing": (
        later("This is no longer in the store."),
        STORED,
        later("It may have been removed by another window; look at the list again."),
    ),
    "setup_failed": (
        later("The installation did not finish."),
        INSTALLED,
        later("See that you are connected to the internet, then try again."),
    ),
    "setup_offline": (
        later("The network went away while what training needs was fetched."),
        INSTALLED,
        later("See that you are connected to the internet, then try again: it goes on there."),
    ),
    "setup_read_only": (
        later("What training needs cannot be written there."),
        INSTALLED,
        later("See that you may write in Perennial's own folder, then try again."),
    ),
    "setup_unavailable": (
        later("For this computer and this Python there is no package that training needs."),
        INSTALLED,
        later("Chat goes on without it. Python 3.11 to 3.13, 64 bits, has all of them."),
    ),
    "setup_disk_full": (
        later("There is not enough room to install what training needs."),
        INSTALLED,
        later("Free some space, then try again."),
    ),
    "setup_no_folder": (
        later(
            "Perennial does not run from its own folder here, so it cannot install for training."
        ),
        INSTALLED,
        later('Install it yourself with: pip install "perennial[train]"'),
    ),
}

_OF_FORGETTING: dict[str, Words] = {
    "forgetting_run": (
        later("A training is under way and learns from this."),
        NOTHING_YET,
        later("Stop it, then ask for it again."),
    ),
    "forgetting_no_room": (
        later("To leave no trace the database is written anew, and the disk has no room for it."),
        NOTHING_YET,
        later("Free some space, then try again."),
    ),
    "forgetting_busy": (
        later("Another window or command is forgetting something just now."),
        NOTHING_YET,
        later("Try again in a moment."),
    ),
    "forgetting_kept_open": (
        later("Another program keeps reading the database, so remains may be in its file."),
        later("What was to be forgotten is out of the store."),
        later("Close other windows and commands of this home, then try again."),
    ),
}
_BEGUN = later("It was begun before, and remains of it may still be there.")
_OF_FORGETTING |= {
    f"{kind}_again": (text, _BEGUN, next_step)
    for kind, (text, kept, next_step) in _OF_FORGETTING.items()
    if kept == NOTHING_YET
}

# Around the replay groups.
_OF_REPLAY: dict[str, Words] = {
    "replay_busy": (
        later("A training has the device, and the base is not in memory."),
        later("What the base has answered so far is kept."),
        later("Let the base answer again when the training is done."),
    ),
    "replay_language": (
        later("The base does not speak the language of the group."),
        STORED,
        later("Choose another group, or another base for the persona."),
    ),
    "replay_group": (
        later("The group cannot be made or changed so."),
        UNCHANGED,
        later(
            "Choose another name, of up to 40 letters and without = or :, and a target up to"
            " 10,000."
        ),
    ),
    "replay_words": (
        later("The item cannot be stored or deleted so."),
        UNCHANGED,
        later(
            "Write a question and an answer, each of up to 8,000 characters; what was not written"
            " by hand can be left out."
        ),
    ),
    "replay_unknown": (
        later("This replay group is no longer there."),
        STORED,
        later("It may have been removed by another window; look at the list again."),
    ),
}

# Around importing; what could not come in is named by the error itself, file and place.
_OF_IMPORTS: dict[str, Words] = {
    "import_unknown": (
        later("There is nothing in the files that can be imported."),
        STORED,
        later("Check the files, or choose their format yourself."),
    ),
    "import_format": (
        later("This format is not known."),
        STORED,
        later("Choose one of the list."),
    ),
    "import_stopped": (
        later("The import was stopped."),
        STORED,
        later("Start it again when you like."),
    ),
    "import_incomplete": (
        later("Something in the files cannot come in, and all of it was wanted or nothing."),
        UNCHANGED_HERE,
        later("Mend the file, or import it so that everything else comes in."),
    ),
    "archive_damaged": (
        later("The archive of the persona is damaged or not whole."),
        UNCHANGED_HERE,
        later("Export the persona again where it comes from."),
    ),
    "contradictory": (
        later("The archive of the persona is damaged or not whole."),
        UNCHANGED_HERE,
        later("Export the persona again where it comes from."),
    ),
    "archive_newer": (
        later("The archive was written by a newer Perennial."),
        UNCHANGED_HERE,
        later("Update Perennial."),
    ),
}

# Around exporting and archives, where the error's own words speak of the command line.
_OF_EXPORTS: dict[str, Words] = {
    "export_there": (
        later("A file of this name is there already."),
        later("It was left as it is."),
        later("Replace it, or choose another name."),
    ),
    "export_folder": (
        later("The place is no file in a folder that is there."),
        later("Nothing was written."),
        later("Choose another place."),
    ),
    "export_refused": (
        later("The file cannot be written there: it may not be allowed, or the name is too long."),
        later("Nothing was written."),
        later("Choose another place."),
    ),
    "export_what": (
        later("This format holds what you preferred, and nothing else."),
        later("Nothing was written."),
        later("Choose another format to write everything."),
    ),
    "archive_known": (
        later("This archive came in before."),
        UNCHANGED_HERE,
        later("To have the persona a second time, take it in once more."),
    ),
    "archive_foreign": (
        later("This is not the archive of a persona."),
        UNCHANGED_HERE,
        later("Choose a file that Perennial exported as an archive."),
    ),
}

_BESIDE_ENGLISH = {
    **_IN_EVERY_LANGUAGE,
    **_OF_MODELS_AND_TRAININGS,
    **OF_BASES,
    **OF_OLLAMA,
    **OF_SERVING,
    **_OF_FILES,
    **_OF_FORGETTING,
    **_OF_REPLAY,
    **_OF_IMPORTS,
    **OF_SOURCES,
    **OF_PROGRAMS,
    **_OF_EXPORTS,
    **OF_COMPARING,
    **OF_TESTS,
    **OF_SCHEDULE,
    **OF_STORAGE,
}


def words_for(kind: str) -> Words | None:
    """Words for what people meet most, in place of an error's own in every language."""
    each = (_IN_EVERY_LANGUAGE, _OF_EXPORTS, OF_PROGRAMS, OF_STORAGE)
    return _translated(next((words[kind] for words in each if kind in words), None))


def words_beside_english(kind: str) -> Words | None:
    """Words for every kind that has some; an error's own words are English."""
    return _translated(_BESIDE_ENGLISH.get(kind))


def _translated(words: Words | None) -> Words | None:
    if words is None:
        return None
    text, kept, next_step = words
    return tr(text), tr(kept) if kept else "", tr(next_step)
