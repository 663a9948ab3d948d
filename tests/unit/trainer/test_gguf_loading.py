"""A base must come into the memory that it needs at the end, and be the same however it comes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from bitsandbytes.functional import quantize_4bit  # noqa: E402
from bitsandbytes.nn import Linear4bit  # noqa: E402

from tests.unit.trainer.tiny_families import FAMILIES, write_family  # noqa: E402
from trainer import base, gguf_base, weights  # noqa: E402
from trainer.contract.run_spec import BaseRef  # noqa: E402
from trainer.errors import BaseDamaged, BaseMissing, BaseUnsupported  # noqa: E402
from trainer.filling import fill  # noqa: E402
from trainer.gguf_file import GgufFile  # noqa: E402
from trainer.gguf_weights import GgufWeights  # noqa: E402
from trainer.nf4 import packed_nf4  # noqa: E402

TOKENS = torch.arange(20)[None] + 3


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    return write_family(tmp_path / "base.gguf", FAMILIES["llama"], FAMILIES["llama"].model())


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PIECE_ELEMENTS", 128)


def ref(path: Path, kind: Any = "gguf") -> BaseRef:
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return BaseRef(name="tiny", kind=kind, digest=digest, path=str(path))


def logits(model: Any) -> Any:
    with torch.no_grad():
        return model(input_ids=TOKENS, use_cache=False).logits.float()


@pytest.mark.parametrize("shape", [(64, 32), (37, 96), (5, 7), (1, 64), (130, 129)])
def test_packing_by_pieces_is_packing_the_whole(shape: tuple[int, int]) -> None:
    whole = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    data, state = quantize_4bit(whole, blocksize=64, compress_statistics=True, quant_type="nf4")
    for rows in {64, shape[0]}:
        found, made = packed_nf4(torch.split(whole.float(), rows), shape, "cpu")
        assert torch.equal(found, data)
        for name in ("absmax", "offset", "code"):
            assert torch.equal(getattr(made, name), getattr(state, name))
        assert torch.equal(made.state2.absmax, state.state2.absmax)
        assert (made.shape, made.blocksize, made.nested) == (state.shape, state.blocksize, True)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("name", ["llama biased", "qwen2", "gemma3"])
def test_each_layer_is_what_bitsandbytes_makes_of_the_whole(name: str, tmp_path: Path) -> None:
    """Pieces, turned rows and offsets must leave no seam in the four bits."""
    made = FAMILIES[name].model()
    gguf_base.convert(write_family(tmp_path / "a.gguf", FAMILIES[name], made), tmp_path / "hf")
    model = base.load_model(tmp_path / "hf", "cpu", "nf4")
    layers = {n: m for n, m in model.named_modules() if isinstance(m, Linear4bit)}
    assert len(layers) == 7 * made.config.num_hidden_layers
    for place, layer in layers.items():
        original = made.get_submodule(place)
        data, state = quantize_4bit(
            original.weight.data.to(torch.bfloat16), blocksize=64, compress_statistics=True,
            quant_type="nf4",
        )  # fmt: skip
        assert torch.equal(layer.weight.data, data)
        assert torch.equal(layer.weight.quant_state.absmax, state.absmax)
        if original.bias is not None:
            assert torch.equal(layer.bias, original.bias.to(torch.bfloat16))
    assert not any(parameter.is_meta for parameter in model.parameters())
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not model.training


class Watched:
    """Weights that remember how much was asked for at once and in which order."""

    def __init__(self, real: GgufWeights) -> None:
        self.real, self.shapes = real, real.shapes
        self.largest, self.names = 0, list[str]()

    def pieces(self, name: str, multiple: int) -> Iterator[Any]:
        self.names.append(name)
        for piece in self.real.pieces(name, multiple):
            self.largest = max(self.largest, piece.numel())
            yield piece


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("precision", ["nf4", "bf16", "fp32"])
def test_no_weight_is_ever_held_whole_beside_its_result(
    precision: Any, gguf: Path, tmp_path: Path
) -> None:
    """A 14B base would not come into the memory that its NF4 form needs."""
    gguf_base.convert(gguf, tmp_path / "hf")
    config = json.loads((tmp_path / "hf" / "config.json").read_text("utf-8"))
    model = base._empty_model(tmp_path / "hf", precision)
    assert all(parameter.is_meta for parameter in model.parameters())
    with GgufFile(gguf) as file:
        watched = Watched(GgufWeights(file, config))
        fill(model, watched, "cpu", precision)
    assert len(watched.names) == len(set(watched.names)) == len(watched.shapes)
    # A head of q and k is turned as a whole: 8 rows of 32 here.
    assert watched.largest <= 256
    assert not list((tmp_path / "hf").glob("*.safetensors"))


def test_a_folder_of_safetensors_comes_the_same_way(tmp_path: Path) -> None:
    for name in ("llama tied", "gemma2", "qwen3"):
        made = FAMILIES[name].model()
        made.save_pretrained(tmp_path / name)
        for precision, near in (("fp32", 1e-5), ("bf16", 0.3)):
            model = base.load_model(tmp_path / name, "cpu", precision)
            assert torch.allclose(logits(model), logits(made), atol=near)
        packed = base.load_model(tmp_path / name, "cpu", "nf4")
        layer = packed.model.layers[0].mlp.up_proj
        whole = made.model.layers[0].mlp.up_proj.weight.data.to(torch.bfloat16)
        assert torch.equal(layer.weight.data, quantize_4bit(whole, quant_type="nf4")[0])


def test_a_folder_of_another_form_is_still_loaded(tmp_path: Path) -> None:
    """Older bases are kept in torch's own files."""
    made = FAMILIES["gemma2"].model()
    made.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(made.state_dict(), tmp_path / "pytorch_model.bin")
    assert torch.allclose(logits(base.load_model(tmp_path, "cpu", "fp32")), logits(made), atol=1e-5)
    packed = base.load_model(tmp_path, "cpu", "nf4")
    assert isinstance(packed.model.layers[0].self_attn.q_proj, Linear4bit)


def test_a_damaged_folder_is_told(tmp_path: Path) -> None:
    """Weights that are not there must never be made up."""
    FAMILIES["llama"].model().save_pretrained(tmp_path)
    stored = tmp_path / "model.safetensors"
    whole = stored.read_bytes()
    stored.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BaseDamaged):
        base.load_model(tmp_path, "cpu", "bf16")
    stored.unlink()
    with pytest.raises(BaseDamaged):
        base.load_model(tmp_path, "cpu", "bf16")
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    stored.write_bytes(whole)
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}), "utf-8")
    with pytest.raises(BaseDamaged, match=r"layers\.2"):
        base.load_model(tmp_path, "cpu", "bf16")
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": "nobody"}), "utf-8")
    with pytest.raises(BaseUnsupported, match="nobody"):
        base.load_model(tmp_path, "cpu", "bf16")


def test_a_base_is_converted_once_and_found_where_it_is_now(gguf: Path, tmp_path: Path) -> None:
    cache, about = tmp_path / "cache", ref(gguf)
    stale = cache / f"{about.digest[:16]}-v1"
    stale.mkdir(parents=True)
    folder = base.hf_folder(about, None, cache)
    assert not stale.exists()
    stamp = (folder / "config.json").stat().st_mtime_ns
    assert base.hf_folder(about, None, cache) == folder
    moved = gguf.rename(tmp_path / "moved.gguf")
    with pytest.raises(BaseMissing):
        base.load_model(folder, "cpu", "bf16")
    with pytest.raises(BaseMissing):
        base.hf_folder(about, None, cache)
    assert base.hf_folder(about, moved, cache) == folder
    assert (folder / "config.json").stat().st_mtime_ns == stamp
    assert logits(base.load_model(folder, "cpu", "bf16")).isfinite().all()


def test_another_file_in_the_place_of_the_base_is_told(gguf: Path, tmp_path: Path) -> None:
    """A model pulled anew under its old tag is another base; its adapter would be worth nothing."""
    about = ref(gguf)
    folder = base.hf_folder(about, None, tmp_path / "cache")
    write_family(gguf, FAMILIES["llama"], FAMILIES["llama"].model(seed=9))
    with pytest.raises(BaseDamaged):
        base.hf_folder(about, None, tmp_path / "cache")
    with pytest.raises(BaseMissing):
        base.load_model(folder, "cpu", "bf16")


def test_nothing_half_written_is_left(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fails)
        with pytest.raises(OSError, match="space"):
            base.hf_folder(ref(gguf), None, tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").iterdir() if not path.name.startswith(".")]
    assert base.hf_folder(ref(gguf), None, tmp_path / "cache").is_dir()


def test_the_size_in_16_bits_is_known_without_loading(gguf: Path, tmp_path: Path) -> None:
    """It decides in which precision losses are taken; zero would load 28 GB on a desktop."""
    gguf_base.convert(gguf, tmp_path / "hf")
    model = base.load_model(tmp_path / "hf", "cpu", "bf16")
    held = sum(2 * parameter.numel() for parameter in model.parameters())
    assert base.bytes_in_16_bits(tmp_path / "hf") == held
    model.save_pretrained(tmp_path / "saved")
    assert base.bytes_in_16_bits(tmp_path / "saved") == pytest.approx(held, rel=0.05)


def test_loading_tells_how_far_it_is(gguf: Path, tmp_path: Path) -> None:
    gguf_base.convert(gguf, tmp_path / "hf")
    told: list[tuple[int, int]] = []
    base.load_model(tmp_path / "hf", "cpu", "nf4", lambda done, total: told.append((done, total)))
    assert told == [(done, len(told)) for done in range(1, len(told) + 1)]
