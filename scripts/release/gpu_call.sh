#!/usr/bin/env bash
# One call of a training on a machine that is lent for some minutes at a time and reached by copying files.
#
#     bash scripts/release/gpu_call.sh CARRY SECONDS OUT CONFIG [--set KEY=VALUE ...]
#
# CARRY holds pieces (pieces.py): CARRY/corpus what prepared.py gathered, CARRY/start, if it is there, a handover
# (handover.py) to go on from: the run itself, or, of a model only, a new run with its weights. All of it ends
# within SECONDS: unpacking, training, its last evaluation, packing. The pieces of a new handover go to OUT, as
# CARRY/start for the next call. If there is a run in $WORK already, it goes on.
#
# Variables: RESERVE, the seconds kept for what comes after the training (90); DEVICE (cuda); PYTHON (python3); WORK,
# where the run and the data go (a new folder); MOST, the most that comes back (64MiB).
set -euo pipefail
carry=$(realpath "$1") limit=$2 out=$(realpath -m "$3") config=$4
shift 4
cd "$(dirname "$0")/../.."
work=${WORK:-$(mktemp -d)} reserve=${RESERVE:-90} python=${PYTHON:-python3}
export PYTHONPATH=$PWD SEQ2SEQ_CACHE=$work/cache PYTHONUNBUFFERED=1
mkdir -p "$out" "$work"

say() { echo "[$SECONDS s] $*"; }

"$python" -c 'import numpy, sacrebleu, safetensors, torch, tqdm, yaml' 2>/dev/null ||
    "$python" -m pip install --quiet .
"$python" scripts/release/pieces.py unpack "$carry/corpus" --out "$work/corpus"
"$python" scripts/release/prepared.py adopt "$work/corpus" "$config" "$@"
if [ -d "$carry/start" ]; then
    "$python" scripts/release/pieces.py unpack "$carry/start" --out "$work/start"
    if [ -e "$work/start/progress.json" ]; then
        "$python" scripts/release/handover.py give "$work/start" --out "$work/run"
    else
        set -- "$@" --set "train.init_from=$work/start/model.safetensors"
    fi
fi

# A run counts the time of the calls before. Should the last evaluation take too long, a signal ends it.
spent=$("$python" scripts/release/handover.py spent "$work/run")
minutes=$(awk "BEGIN { print ($spent + $limit - $SECONDS - $reserve) / 60 }")
say "training until minute $minutes of the run"
code=0
timeout --signal=TERM --kill-after=10 "$((limit - SECONDS - reserve / 3))" \
    "$python" -m seq2seq train "$config" --out "$work/run" --resume --device "${DEVICE:-cuda}" "$@" \
    --set "train.max_minutes=$minutes" 2>&1 || code=$?
say "training ended with $code"
"$python" scripts/release/handover.py take "$work/run" --out "$work/result"
"$python" scripts/release/pieces.py pack "$work/result" --out "$out" --name result --most-all "${MOST:-64MiB}"
say "done"
case $code in 0 | 124 | 143) ;; *) exit "$code" ;; esac
