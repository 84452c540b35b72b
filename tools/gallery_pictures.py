"""What docs/gallery shows: each picture, the command that draws it, and what to look at."""

from __future__ import annotations

from dataclasses import dataclass

SLIDE = "--fit 16:9"
META = "--device meta"


@dataclass(frozen=True, slots=True)
class Picture:
    """One command and what to look at; `subject` and `options` are as on the command line.

    With `several` it writes one picture for each step.
    """

    name: str
    told: str
    subject: str
    options: str
    several: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    pictures: tuple[Picture, ...]


def gallery(file: str) -> str:
    return f"examples/gallery/{file}"


SECTIONS = (
    Section(
        "The lesson",
        (
            Picture(
                "lesson",
                "The linear regression that `graphview report` trains: `yhat = a * x + b`.",
                "",
                "--device cpu",
            ),
            Picture(
                "lesson-shown",
                "The same with everything that can be told of it: saved tensors in orange, "
                "constants with a dashed outline, shapes at the arrows.",
                "",
                "--device cpu --show shapes,names,saved,constants",
            ),
            Picture(
                "lesson-step",
                "A build-up for a talk: what is new on each slide, and everything where it stays. "
                "With `-o talk.pptx` these are the slides of one file.",
                "",
                f"--device cpu --steps roots {SLIDE}",
                several=True,
            ),
        ),
    ),
    Section(
        "Multi-layer perceptron",
        (
            Picture(
                "mlp",
                "Each layer is one `addmm`: a product and a sum in one step.",
                gallery("mlp.py:loss"),
                META,
            ),
        ),
    ),
    Section(
        "ResNet",
        (
            Picture(
                "resnet18",
                "ResNet-18 on a slide.",
                gallery("resnet.py:resnet18"),
                f"{META} {SLIDE}",
            ),
            Picture(
                "resnet18-block",
                "Its second stage begins with a block that halves the picture; the way round it "
                "needs a convolution too.",
                gallery("resnet.py:resnet18"),
                f"{META} --focus stages.1.0 --radius 1 --fold none",
            ),
            Picture(
                "resnet152",
                "ResNet-152: 36 blocks of the third stage are equal but for the first.",
                gallery("resnet.py:resnet152"),
                META,
            ),
        ),
    ),
    Section(
        "DenseNet-201",
        (
            Picture(
                "densenet",
                "On a slide: four dense blocks and what lies between them.",
                gallery("densenet.py:loss"),
                f"{META} {SLIDE}",
            ),
            Picture(
                "densenet-block",
                "Inside the first: each layer reads the results of all before it.",
                gallery("densenet.py:loss"),
                f"{META} --focus blocks.0 --radius 0",
            ),
        ),
    ),
    Section(
        "U-Net",
        (
            Picture(
                "unet",
                "Four arrows go straight from the way down to the way up.",
                gallery("unet.py:loss"),
                META,
            ),
        ),
    ),
    Section(
        "Vision transformer, ViT-B/16",
        (
            Picture(
                "vit",
                "One convolution cuts the picture into patches; the class token joins them.",
                gallery("vit.py:loss"),
                f"{META} {SLIDE}",
            ),
        ),
    ),
    Section(
        "GPT-2",
        (
            Picture(
                "gpt2",
                "Twelve equal blocks, drawn once. The first and the last matrix are one parameter.",
                gallery("gpt2.py:loss"),
                f"{META} {SLIDE}",
            ),
            Picture(
                "gpt2-first-view",
                "The same without a slide's bounds: one of the twelve blocks is open.",
                gallery("gpt2.py:loss"),
                META,
            ),
            Picture(
                "gpt2-attention",
                "The attention of the fourth block, in the dark.",
                gallery("gpt2.py:loss"),
                f"{META} --focus blocks.3.attention --radius 1 --theme dark --background page",
            ),
        ),
    ),
    Section(
        "Llama 70B",
        (
            Picture(
                "llama",
                "Eighty equal layers of a model with 70 billion parameters, without its memory.",
                gallery("llama.py:loss"),
                SLIDE,
            ),
            Picture(
                "llama-layer",
                "One layer.",
                gallery("llama.py:loss"),
                "--focus layers.1 --radius 1",
            ),
        ),
    ),
    Section(
        "Mixtral 8x7B",
        (
            Picture(
                "mixtral",
                "A mixture of experts on a slide.",
                gallery("mixtral.py:loss"),
                SLIDE,
            ),
            Picture(
                "mixtral-mixture",
                "The first layer's mixture: the router weights what eight experts say.",
                gallery("mixtral.py:loss"),
                "--focus layers.1.mixture --radius 1",
            ),
        ),
    ),
    Section(
        "LSTM, 100 steps",
        (
            Picture(
                "lstm",
                "Ninety-nine equal steps, drawn once; the first differs: it has no state yet.",
                gallery("lstm.py:loss100"),
                "",
            ),
        ),
    ),
    Section(
        "GAN",
        (
            Picture(
                "gan-generator",
                "The generator's loss goes back through the discriminator.",
                gallery("gan.py:losses"),
                f"{META} --root generator {SLIDE}",
            ),
            Picture(
                "gan-discriminator",
                "The discriminator's loss does not reach the generator.",
                gallery("gan.py:losses"),
                f"{META} --root discriminator {SLIDE}",
            ),
        ),
    ),
    Section(
        "Graph neural network",
        (
            Picture(
                "gnn",
                "Three rounds in which each vertex hears from its neighbours.",
                gallery("gnn.py:loss"),
                SLIDE,
            ),
        ),
    ),
    Section(
        "Two heads",
        (
            Picture(
                "two-heads",
                "`examples/model.py`: one trunk, and a loss at each of its two heads.",
                "examples/model.py:loss",
                "",
            ),
        ),
    ),
)
