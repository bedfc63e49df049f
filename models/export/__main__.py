"""Exports a language model, a GGUF file or a Hugging Face folder, to a folder that ONNX Runtime, and so Nightdesk, can run.

Read the model, write weights and graph, tokenizer, settings and chat template, then the manifest with every hash.
The folder is one of onnxruntime-genai's too: genai_config.json and tokenizer_config.json are what it asks for.
The same source, options and library versions give the same bytes.
"""

from __future__ import annotations

import argparse
import errno
import signal
import sys
from pathlib import Path
from typing import Any, Dict, List, NoReturn, Optional

import manifest
from folder import refuse_strangers, replacing
from progress import Progress
from refusal import Refusal

EXAMPLES = """\
examples:
  python3 models/export --gguf SmolLM2-135M-Instruct.Q4_1.gguf --out models/smollm2-135m-instruct
  python3 models/export --safetensors Qwen2.5-0.5B-Instruct --out models/qwen2.5-0.5b-instruct
  python3 models/export --gguf FILE --out reference --precision fp32 --logits all
  python3 models/export --check --out models/smollm2-135m-instruct && echo "nothing to do"

precisions (SmolLM2-135M):
  int8   eight-bit blocks of 32, close to fp32 in quality and as fast as int4 in batches; 154 MB (default)
  int4   four-bit blocks of 32; smaller, and visibly worse on a model this small; 103 MB
  fp32   the reference that parity tests compare with; 654 MB

The families are llama, qwen2, qwen3 and gemma3; models/README.md has the whole list and its limits.
scripts/import-model.sh does this with the Python packages fetched; scripts/setup-model.sh does it for the default model.
"""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:  # a wrong option is the user's mistake: exit 1, as everywhere in Nightdesk
        self.exit(1, f"error: {message}\n  hint: python3 models/export --help\n")


def arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = Parser(prog="python3 models/export", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="the model to read; of a split model any part, the others beside it")
    parser.add_argument("--safetensors", type=Path, metavar="DIR", help="the model to read: a Hugging Face folder with config.json, safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="the folder to write; an earlier export there is replaced at the very end")
    parser.add_argument("--precision", choices=("int8", "fp32", "int4"), default="int8", help="how the weights are stored (default: int8)")
    parser.add_argument("--logits", choices=("last", "all"), default="last", help="logits of each row's last token, or of every token (default: last)")
    parser.add_argument("--name", help="the model's name in the manifest (default: the folder's name)")
    parser.add_argument("--source", metavar="TEXT", help="where the model came from, for the manifest: a package and its version, say")
    parser.add_argument("--licence", metavar="SPDX", help="the weights' licence (default: what the model says of itself)")
    parser.add_argument("--chat-template", type=Path, metavar="FILE", help="a Jinja chat template in place of the model's own, or where it has none")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 0 if --out already holds this export, else say why not and exit 1")
    parser.add_argument("--source-sha256", metavar="HEX", help="with --check: the hash of the source the folder must have been made from")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")
    options = parser.parse_args(argv)
    if not options.check and (options.gguf is None) == (options.safetensors is None):
        parser.error("one of --gguf FILE and --safetensors DIR is required")
    return options


def check(options: argparse.Namespace) -> int:
    wanted = {"precision": options.precision, "logits": options.logits}
    reasons = manifest.problems(options.out, wanted, options.source_sha256)
    for reason in reasons:
        print(f"{options.out}: {reason}", file=sys.stderr)
    return 1 if reasons else 0


def export(options: argparse.Namespace) -> None:
    try:
        from folder_source import FolderSource
        from genai_config import genai_config
        from gguf_source import GgufSource
        from graph import Graph
        from settings import chat_template, config
        from tokenizer_config import tokenizer_config
        from weights import Weights
        import gguf, numpy, onnx, safetensors  # noqa: E401, F401
    except ImportError as error:
        raise Refusal(f"a Python package is missing: {error.name}", expected="what models/export/requirements.txt lists",
                      hint="scripts/import-model.sh installs them into the cache; or pip install -r models/export/requirements.txt") from error
    progress = Progress(options.quiet)
    refuse_strangers(options.out)
    source = GgufSource(options.gguf) if options.gguf else FolderSource(options.safetensors)
    name = options.name or options.out.resolve().name
    progress.say(f"exporting {source.path.name} as {name}, {options.precision}")
    with replacing(options.out) as work:
        tokenizer = source.tokenizer_json()
        (work / "tokenizer.json").write_bytes(tokenizer)
        (work / "tokenizer_config.json").write_bytes(tokenizer_config(source, tokenizer))
        (work / "config.json").write_bytes(config(source))
        (work / "genai_config.json").write_bytes(genai_config(source))
        (work / "chat_template.jinja").write_bytes(chat_template(source, options.chat_template))
        weights = Weights(work)
        try:
            model = Graph(source, weights, options.precision, options.logits, manifest.VERSION).build(progress)
        finally:
            weights.close()
        (work / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
        manifest.write(work, _head(options, source, name))
    progress.say(f"{options.out} is ready after {progress.seconds():.1f} s")


def _head(options: argparse.Namespace, source: Any, name: str) -> Dict[str, Any]:
    import importlib.metadata as installed

    # safetensors only copies; another version of it writes the same bytes
    versions = {package: installed.version(package) for package in ("gguf", "onnx", "numpy")}
    return {
        "name": name, "format": 1, "dialect": "gqa-fused", "architecture": source.family.name, "precision": options.precision,
        "block_size": None if options.precision == "fp32" else 32, "logits": options.logits,
        "source": {"package": options.source, "file": source.path.name, "sha256": source.sha256()},
        "licence": options.licence or source.licence(),
        "parameters": source.parameters(),
        "exporter": {"version": manifest.VERSION, "source_sha256": manifest.exporter_sha256(), **versions},
    }


def _failed_write(error: OSError, out: Path) -> Refusal:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    hint = "the disk is full, or files may not grow this large; free some space and run this again" if full else None
    return Refusal(f"the export could not be written: {error.strerror}", str(error.filename or out), None, hint)


def main(argv: Optional[List[str]] = None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the working folder is removed
    options = arguments(argv)
    try:
        if options.check:
            return check(options)
        export(options)
        return 0
    except Refusal as refusal:
        print(refusal.render(), file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written: still not a defect
        print(_failed_write(error, options.out).render(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; nothing was changed", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
