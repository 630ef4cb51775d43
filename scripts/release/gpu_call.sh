#!/usr/bin/env bash
# One session of a training on a machine that is available for some minutes at a time, by copying files.
#
#     bash scripts/release/gpu_call.sh CARRY SECONDS OUT CONFIG [--set KEY=VALUE ...]
#
# CARRY holds pieces (scripts.release.pieces): in CARRY/corpus of the output of scripts.release.prepared gather, and in
# CARRY/start, if it exists, of the folder `run` of a handover (scripts.release.handover). That run is resumed; with
# NEW=1, a new run with other settings starts from its weights. Unpacking, training, the last evaluation and packing end
# within SECONDS. The pieces of a new handover go to OUT/run, which is CARRY/start of the next call, and those of the
# averaged model to OUT/model.
#
# Variables: RESERVE, the seconds reserved for the time after training (90); DEVICE (cuda); PYTHON (python3);
# WORK, an empty folder for the run and the data (a temporary one).
set -euo pipefail
carry=$(realpath "$1") limit=$2 out=$(realpath -m "$3") config=$4
shift 4
cd "$(dirname "$0")/../.."
work=${WORK:-$(mktemp -d)} reserve=${RESERVE:-90} python=${PYTHON:-python3}
export PYTHONPATH=$PWD SEQ2SEQ_CACHE=$work/cache PYTHONUNBUFFERED=1
mkdir -p "$out" "$work"

say() { echo "[$SECONDS s] $*"; }

# The modules of the dependencies in pyproject.toml; a test compares the two.
needs='"numpy", "portalocker", "sacrebleu", "safetensors", "torch", "tqdm", "yaml"'
"$python" -c "from importlib.util import find_spec; assert all(map(find_spec, ($needs)))" 2>/dev/null ||
    "$python" -m pip install --quiet .
"$python" -m scripts.release.pieces unpack "$carry/corpus" --out "$work/corpus"
"$python" -m scripts.release.prepared adopt "$work/corpus" "$config" "$@"
spent=0
if [ -d "$carry/start" ]; then
    "$python" -m scripts.release.pieces unpack "$carry/start" --out "$work/start"
    if [ -z "${NEW:-}" ]; then
        spent=$("$python" -m scripts.release.handover give "$work/start" --out "$work/run")
    else
        set -- "$@" --set "train.init_from=$work/start/weights.safetensors"
    fi
fi

left=$((limit - SECONDS - reserve))
if [ "$left" -lt 20 ]; then
    say "only $left of $limit seconds are left for training: use more SECONDS or a smaller RESERVE"
    exit 1
fi
minutes=$(awk "BEGIN { print ($spent + $left) / 60 }") # a run counts the time of earlier calls
say "training until minute $minutes of the run"
"$python" -m seq2seq train "$config" --out "$work/run" --resume --device "${DEVICE:-cuda}" "$@" \
    --set "train.max_minutes=$minutes" 2>&1 &
run=$!
# The run saves before its time is up. If the last evaluation takes too long, it is stopped, and only that is lost.
{
    sleep "$((left - 10))" && kill -USR1 "$run"
    sleep "$((10 + reserve * 2 / 3))" && kill -KILL "$run"
} >/dev/null 2>&1 &
watch=$!
code=0
wait "$run" || code=$?
kill "$watch" 2>/dev/null || true
say "training ended with $code"
"$python" -m scripts.release.handover take "$work/run" --out "$work/result"
for part in run model; do
    "$python" -m scripts.release.pieces pack "$work/result/$part" --out "$out/$part" --most-all 32MiB
done
say "done"
exit "$code"
