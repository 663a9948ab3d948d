"""The words that the window uses and not everybody knows, each in a sentence or two."""

from __future__ import annotations

from dataclasses import dataclass

from app.words import later


@dataclass(frozen=True)
class Term:
    """A word and what it means; both are translated where they are shown."""

    word: str
    meaning: str


TERMS = (
    Term(
        later("Base model"),
        later(
            "The model that a persona begins with. Training never changes it: what is learned"
            " lies beside it, in an adapter."
        ),
    ),
    Term(
        later("Adapter"),
        later(
            "A small file with what a persona learned. It is laid over the base model and can be"
            " taken off again at any time."
        ),
    ),
    Term(
        later("Persona"),
        later("Someone to talk to: a name, a manner, a system prompt, and adapters of its own."),
    ),
    Term(
        later("System prompt"),
        later(
            "What the model is told before a conversation begins, for example who it is and how"
            " it should answer. You write it in the persona."
        ),
    ),
    Term(
        later("Fine-tuning"),
        later("Training a finished model a little further on examples of one's own."),
    ),
    Term(
        later("LoRA"),
        later(
            "A way of training in which only small added numbers are learned, which become the"
            " adapter. It needs a fraction of the memory."
        ),
    ),
    Term(
        later("LoRA rank"),
        later(
            "How much room an adapter has to learn in. A higher rank holds more and knows few"
            " examples by heart sooner."
        ),
    ),
    Term(
        later("QLoRA"),
        later(
            "LoRA with the base model held in 4 bits, so that a larger one fits into the same"
            " memory."
        ),
    ),
    Term(
        later("Replay"),
        later(
            "Examples of what the base model can do already. They are mixed in, so that learning"
            " something new does not push out the old."
        ),
    ),
    Term(
        later("The mix"),
        later("What one training learns from: about 70 % new replies and 30 % replay."),
    ),
    Term(
        later("Approved reply"),
        later("A reply that you gave a thumb up or corrected. Only such replies are learned."),
    ),
    Term(
        later("Correction"),
        later(
            "A reply as you would have liked it. It teaches more than a thumb up and also shows"
            " what not to say."
        ),
    ),
    Term(
        later("Preference pair"),
        later(
            "Two replies to the same message, of which one was chosen. It shows which of two ways"
            " is the better one."
        ),
    ),
    Term(
        later("Near-duplicate"),
        later(
            "A reply that is almost word for word like another. Learned many times over, it would"
            " crowd out the rest."
        ),
    ),
    Term(
        later("Round"),
        later(
            "One training in the life of a persona. The first three are larger and begin from the"
            " base model; upkeep comes after them."
        ),
    ),
    Term(
        later("Upkeep"),
        later(
            "The smaller training of later months. It carries the adapter in use on with the new"
            " month and some replay."
        ),
    ),
    Term(
        later("Run"),
        later(
            "One training from its first step to its end, with a folder of its own that holds"
            " everything about it."
        ),
    ),
    Term(
        later("Recipe"),
        later(
            "The settings of a training: how many epochs, which learning rate, which rank and so"
            " on."
        ),
    ),
    Term(
        later("Epoch"),
        later(
            "Going once through all examples of a training. Three epochs mean that each was seen"
            " three times."
        ),
    ),
    Term(
        later("Step"),
        later("One small change to the adapter, made after a handful of examples."),
    ),
    Term(
        later("Learning rate"),
        later(
            "How large each change is. Too high and the model forgets; too low and it learns"
            " nothing."
        ),
    ),
    Term(
        later("Loss"),
        later(
            "How surprised the model is by the replies that it should give. It falls while the"
            " model learns."
        ),
    ),
    Term(
        later("Perplexity"),
        later(
            "The loss in another form: among how many words the model wavers at each step. 1 would"
            " be knowing every word."
        ),
    ),
    Term(
        later("Validation"),
        later(
            "A test during training with examples that are not learned. When its loss rises"
            " again, the model begins to learn by heart."
        ),
    ),
    Term(
        later("Overfitting"),
        later(
            "Knowing the examples by heart instead of what they have in common. New questions are"
            " then answered worse."
        ),
    ),
    Term(
        later("Gradient norm"),
        later(
            "How strongly a step pulls at the adapter. A sudden jump means that something in the"
            " data or the settings is off."
        ),
    ),
    Term(
        later("Checkpoint"),
        later(
            "The training as it stood at one moment. An interrupted training goes on from the"
            " last one, and the best one becomes the adapter."
        ),
    ),
    Term(
        later("Exam"),
        later(
            "Questions that every new adapter has to answer, beside the base model and the"
            " adapter in use."
        ),
    ),
    Term(
        later("Gate"),
        later(
            "The fixed conditions that decide whether a new adapter may be used: better than"
            " before, and nothing important forgotten."
        ),
    ),
    Term(
        later("Undecided"),
        later(
            "The exam had too few cases to tell better from chance. Nothing was found to be wrong;"
            " more approved replies decide it, or your own eyes."
        ),
    ),
    Term(
        later("Held out"),
        later(
            "Replies and questions that are kept back from the training, so that it can be judged"
            " by what it has never seen."
        ),
    ),
    Term(
        later("Verdict"),
        later("What the gate found: passed, refused or undecided, with the reasons."),
    ),
    Term(
        later("Retention"),
        later("How much of what the base model could do before is still there after the training."),
    ),
    Term(
        later("Parity"),
        later(
            "Whether the persona answers in Ollama as it did when it was trained. It is measured"
            " with the same prompts in both places."
        ),
    ),
    Term(
        later("Rollback"),
        later("Going back to an earlier adapter. Nothing is deleted by it."),
    ),
    Term(
        later("Token"),
        later(
            "A piece of text that a model reads and writes: a short word, a part of a longer one,"
            " or a syllable."
        ),
    ),
    Term(
        later("Context length"),
        later(
            "How much of a conversation the model sees at once, in tokens. What is older than"
            " that it no longer sees."
        ),
    ),
    Term(
        later("Temperature"),
        later(
            "How freely the model picks its next word. Low is steady and repeats itself; high is"
            " lively and errs more."
        ),
    ),
    Term(
        later("Quantisation"),
        later(
            "Holding the numbers of a model with fewer bits. It takes far less memory and costs a"
            " little quality."
        ),
    ),
    Term(
        later("GGUF"),
        later("A file format for models that Ollama and the built-in runtime read."),
    ),
    Term(
        later("Ollama"),
        later(
            "A free program that runs models on a computer. Perennial can put personas there, so"
            " that other programs talk to them."
        ),
    ),
    Term(
        later("Runtime"),
        later("What has the model in memory and writes the replies. This window brings its own."),
    ),
    Term(
        later("Hub"),
        later(
            "A public collection of models on the internet from which a base model can be fetched."
        ),
    ),
    Term(
        later("Off the record"),
        later("A conversation that is neither stored nor learned from."),
    ),
)
