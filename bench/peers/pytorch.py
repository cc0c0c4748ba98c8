"""PyTorch, eager, stock nn.LSTM and nn.TransformerEncoderLayer. One job, one line of JSON, as lib/measure.mjs does it.

Run by run.mjs with the job as its argument, OPENBLAS_NUM_THREADS set to the job's threads.
"""

import json
import re
import sys
import time

import numpy as np
import torch
from torch import nn

MOST_CALLS = 20_000
job = json.loads(sys.argv[1])
torch.set_num_threads(job["threads"])


def stream_of(name):
    value = 0x811C9DC5
    for byte in name.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def bits_of(stream, size):
    with np.errstate(over="ignore"):
        value = np.uint32(stream) + np.arange(size, dtype=np.uint32) * np.uint32(0x9E3779B9)
        value = (value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        value = (value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        return value ^ (value >> np.uint32(16))


def numbers_of(tensor):
    """The tensor of `lib/hash.mjs`, number by number."""
    bits = bits_of(stream_of(f"{job['workload']}:{tensor['name']}"), int(np.prod(tensor["shape"])))
    if "classes" in tensor:
        return torch.from_numpy((bits % np.uint32(tensor["classes"])).astype(np.int64)).reshape(tensor["shape"])
    uniform = (bits >> np.uint32(8)).astype(np.float64) / 8388608 - 1
    values = tensor.get("centre", 0) + tensor["spread"] * uniform
    return torch.from_numpy(values.astype(np.float32)).reshape(tensor["shape"])


class SeedProgram(nn.Module):
    """One number at a time; the softmax runs over that one step."""

    def __init__(self, sizes):
        super().__init__()
        self.lstm = nn.LSTM(sizes["inputs"], sizes["hidden"], batch_first=True)
        self.attention = nn.Linear(sizes["hidden"], 1)
        self.fc = nn.Linear(sizes["hidden"], 1)

    def forward(self, x):
        outputs, state = [], None
        for step in range(x.shape[1]):
            out, state = self.lstm(x[:, step : step + 1], state)
            weights = torch.softmax(self.attention(out), dim=1)
            outputs.append(self.fc((weights * out).sum(dim=1)))
        return torch.stack(outputs, dim=1)


class SeedProgramAtOnce(SeedProgram):
    """The same numbers, but one call of nn.LSTM for the whole sequence."""

    def forward(self, x):
        out, _ = self.lstm(x)
        weights = torch.softmax(self.attention(out).unsqueeze(-2), dim=-2).squeeze(-2)
        return self.fc(weights * out)


class PooledLSTM(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.lstm = nn.LSTM(sizes["inputs"], sizes["hidden"], sizes["layers"], batch_first=True)
        self.attention = nn.Linear(sizes["hidden"], 1)
        self.fc = nn.Linear(sizes["hidden"], 1)

    def forward(self, x):
        out, _ = self.lstm(x)
        weights = torch.softmax(self.attention(out), dim=1)
        return self.fc(torch.bmm(weights.transpose(1, 2), out).squeeze(1))


class StepwiseLSTM(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.lstm = nn.LSTM(sizes["inputs"], sizes["hidden"], sizes["layers"], batch_first=True)
        self.fc = nn.Linear(sizes["hidden"], sizes["classes"])

    def forward(self, x):
        return self.fc(self.lstm(x)[0])


class Transformer(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        width, heads, inner = sizes["inputs"], sizes["heads"], sizes["inner"]
        self.block1 = nn.TransformerEncoderLayer(width, heads, inner, dropout=0.0, batch_first=True)
        self.block2 = nn.TransformerEncoderLayer(width, heads, inner, dropout=0.0, batch_first=True)
        self.fc = nn.Linear(width, sizes["classes"])

    def forward(self, x):
        return self.fc(self.block2(self.block1(x)))


def mean_squares(output, y):
    return nn.functional.mse_loss(output, y)


def sum_squares(output, y):
    return nn.functional.mse_loss(output, y, reduction="sum")


def cross_entropy(output, y):
    return nn.functional.cross_entropy(output.flatten(0, 1), y.flatten())


MODELS = {
    "W1": (SeedProgram, sum_squares),
    "W2": (PooledLSTM, mean_squares),
    "W3": (PooledLSTM, mean_squares),
    "W4": (StepwiseLSTM, cross_entropy),
    "W5": (Transformer, cross_entropy),
}


def batch_of():
    tensors = {tensor["name"]: numbers_of(tensor) for tensor in job["data"]}
    if "series" not in tensors:
        return tensors["x"], tensors["y"]
    series = tensors["series"].reshape(1, -1, 1)
    return series[:, :-1].contiguous(), series[:, 1:].contiguous()


def repeat(call, at_least, on_result):
    """The loop of lib/measure.mjs: a warm-up of a third, then calls until the time is up."""
    seconds, times, index = job["seconds"], [], 1
    first = time.perf_counter()
    on_result(0, call())
    begin = time.perf_counter()
    while True:
        start = time.perf_counter()
        result = call()
        end = time.perf_counter()
        on_result(index, result)
        if start - begin >= seconds / 3 or end - start > seconds / 3:
            times.append((end - start) * 1000)
        index += 1
        enough = index >= at_least or end - begin >= seconds * 10
        if times and enough and (end - begin >= seconds * 4 / 3 or len(times) >= MOST_CALLS):
            break
    median, low, high = np.quantile(times, [0.5, 0.1, 0.9])
    return {"firstMs": (begin - first) * 1000, "calls": len(times), "median": median, "p10": low, "p90": high}


def measure_training(model, loss_of):
    x, y = batch_of()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-8)
    losses = []

    def step():
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def keep(index, loss):
        if index <= job["checkedSteps"]:
            losses.append(loss)

    figures = repeat(step, job["checkedSteps"] + 1, keep)
    return {"losses": losses, **figures}


def measure_prediction(model):
    x = batch_of()[0][:1].contiguous()
    model.eval()
    last = []

    def call():
        with torch.no_grad():
            return model(x)

    def keep(_index, output):
        last[:] = [output]

    figures = repeat(call, 3, keep)
    return {"output": last[0].flatten().tolist(), **figures}


def loaded_blas():
    """What the process has really loaded: a peer's speed is its BLAS."""
    with open("/proc/self/maps", encoding="utf8") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line}
    for path in sorted(paths):
        if "openblas" in path:
            return "openblas-openmp" if "openmp" in path else "openblas"
    return "another BLAS" if paths else "its own BLAS"


def peak_megabytes():
    """Linux only; ru_maxrss would start at what the parent had."""
    try:
        with open("/proc/self/status", encoding="utf8") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024
    except OSError:
        return None


def main():
    make, loss_of = MODELS[job["workload"]]
    if job.get("atOnce"):
        make = SeedProgramAtOnce
    model = make(job["sizes"])
    with torch.no_grad():
        parameters = dict(model.named_parameters())
        wanted = {tensor["name"]: tensor for tensor in job["parameters"]}
        assert parameters.keys() == wanted.keys(), parameters.keys() ^ wanted.keys()
        for name, parameter in parameters.items():
            parameter.copy_(numbers_of(wanted[name]))
    figures = measure_prediction(model) if job["mode"] == "predict" else measure_training(model, loss_of)
    info = f"torch {torch.__version__}, {loaded_blas()}, {torch.get_num_threads()} threads"
    print(json.dumps({**figures, "megabytes": peak_megabytes(), "info": info}))


main()
