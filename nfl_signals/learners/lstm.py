"""A small LSTM over both teams' last games, beside a linear part on the current game's columns.

One network reads each team's games (Hochreiter, Schmidhuber 1997, doi 10.1162/neco.1997.9.8.1735);
the difference of the two final states (their sum for totals) and the standardised columns enter one
linear head. The network has no bias: a row of zeros leaves a zero state at zero, so games that a
team has not played are exactly no games. The channel `played` does what a bias would.

PyTorch is the optional extra `sequence`, imported only where a model is fitted or read. On a CPU,
doubles and one thread: neither threads nor company in a batch change a model. PyTorch's own random
state is never drawn from, since fits share it: initial weights and the order of games are NumPy's.
On a GPU the last bits may differ from run to run. Predictions are made on the CPU.
"""

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.files import read_json, write_bytes, write_json
from nfl_signals.learners.device import resolve
from nfl_signals.learners.protocol import Inputs, Spec, Task, shares
from nfl_signals.learners.sequences import CHANNELS
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit

FILE = "model.pt"
IMPORTANCE_FILE = "importance.json"
HIDDEN = 16  # numbers that a team's state holds
STEPS = 120  # of Adam, however many games there are: 6 times through 5,000
BATCH = 256  # games
RATE = 0.02  # of Adam, falling linearly to 0
POINTS = 14.0  # targets in points are divided by this, about one standard deviation
COLUMN_PENALTY: dict[Task, float] = {"probability": 50.0, "mean": 1000.0}  # as `logistic.py`
# Best Brier of 2002-2008 among 1, 3, 6 and 20, alone and averaged with the other learners: ratings
# already hold most of what earlier games show, and at 20 the forecast hardly leaves the linear one.
STATE_PENALTY = 20.0  # times the columns'
EXPLAINED = 1000  # latest training games on which importance is measured

Net = Any
Tensor = Any


class LSTMLearner:
    """LSTM over the last games, linear on the columns, fitted together.

    A column with prior belief w is shrunk as if its penalty were 1 / w^2 times as large. Monotonic
    directions are ignored. The seed is of the initial weights and of the order of games. Without
    PyTorch, or for cuda where it sees no GPU: SettingsError.
    """

    name = "lstm"
    description = "recurrent network over each team's last games; never sees a price"
    packages = "torch"
    reads_sequences = True

    def __init__(self, spec: Spec) -> None:
        torch = _torch()
        self.spec = spec
        self.device = resolve(
            spec.device,
            available=bool(torch.cuda.is_available()),
            missing="PyTorch sees no GPU that it can use",
        )

    def fit(self, inputs: Inputs, y: Floats) -> Self:
        """See `Learner.fit`; inputs without sequences are a ValueError."""
        torch = _torch()
        if inputs.sequence.shape[3] != len(CHANNELS) or inputs.sequence.shape[2] == 0:
            raise ValueError(f"lstm needs sequences of {len(CHANNELS)} channels")
        random = np.random.default_rng(self.spec.seed)
        net = _empty_net(inputs.x.shape[1], inputs.sequence.shape[3])
        self._initialise(net, inputs.x, y, random)
        net = net.to(self.device)
        x, sequence = self._tensors(net, inputs)
        scaled = y if self.spec.task == "probability" else (y - y.mean()) / POINTS
        target = torch.tensor(scaled, device=self.device)
        optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
        for step, rows in enumerate(islice(_batches(len(y), random), STEPS)):
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            optimizer.zero_grad()
            self._loss(net, x[rows], sequence[rows], target[rows], len(y)).backward()
            optimizer.step()
        self.net_ = net.to("cpu").requires_grad_(False)
        self.importance_ = self._measured(inputs.take(np.arange(len(y))[-EXPLAINED:]))
        return self

    def predict(self, inputs: Inputs) -> Floats:
        """See `Learner.predict`."""
        score = self._score(self.net_, *self._tensors(self.net_, inputs)).numpy()
        if self.spec.task == "probability":
            return expit(score)
        return np.asarray(score * POINTS + float(self.net_.center))

    def contributions(self, inputs: Inputs) -> None:
        """None: what a team's games add to its state has no decomposition of its own."""
        return

    def importance(self) -> dict[str, float]:
        """Typical change of the forecast when one input of the latest training games is unknown.

        Root mean square change of logits or points when a column, or a channel of all games played
        (named `sequence_<channel>`), is replaced by its mean; as shares.
        """
        return self.importance_

    def save(self, folder: Path) -> None:
        """See `Learner.save`; a state dict that PyTorch reads with `weights_only`."""
        buffer = io.BytesIO()
        _torch().save(self.net_.state_dict(), buffer)
        write_bytes(folder / FILE, buffer.getvalue())
        write_json(folder / IMPORTANCE_FILE, self.importance_)

    def load(self, folder: Path) -> Self:
        """See `Learner.load`."""
        state = _torch().load(folder / FILE, weights_only=True, map_location="cpu")
        net = _empty_net(state["columns.weight"].shape[1], state["lstm.weight_ih_l0"].shape[1])
        net.load_state_dict(state)
        self.net_ = net.requires_grad_(False)
        self.importance_ = read_json(folder / IMPORTANCE_FILE)
        return self

    def _initialise(self, net: Net, x: Floats, y: Floats, random: np.random.Generator) -> None:
        """Small random weights for the games, none for the columns, the average as the intercept."""
        torch = _torch()
        size = 1 / np.sqrt(HIDDEN)
        deviation = x.std(axis=0)
        scale = np.where(deviation > 0, deviation, 1.0) / np.asarray(self.spec.weight)
        start = np.log(y.mean() / (1 - y.mean())) if self.spec.task == "probability" else 0.0
        with torch.no_grad():
            for weights in (net.lstm.weight_ih_l0, net.lstm.weight_hh_l0, net.head.weight):
                weights.copy_(torch.tensor(random.uniform(-size, size, tuple(weights.shape))))
            # An open forget gate at first: keeping is easier to unlearn than forgetting.
            net.lstm.weight_ih_l0[HIDDEN : 2 * HIDDEN, CHANNELS.index("played")] += 1.0
            net.columns.weight.zero_()
            net.columns.bias.fill_(float(start))
            net.mean.copy_(torch.tensor(x.mean(axis=0)))
            net.scale.copy_(torch.tensor(scale))
            net.center.fill_(float(y.mean()))

    def _tensors(self, net: Net, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Standardised columns and sequences, where the network is."""
        torch, place = _torch(), net.mean.device
        x = (torch.tensor(np.ascontiguousarray(inputs.x), device=place) - net.mean) / net.scale
        return x, torch.tensor(np.ascontiguousarray(inputs.sequence), device=place)

    def _score(self, net: Net, x: Tensor, sequence: Tensor) -> Tensor:
        """Logits, or points from the average in units of POINTS."""
        n = len(x)
        if n == 0:  # PyTorch refuses to run an LSTM over nothing.
            return x.new_zeros(0)
        both = _torch().cat([sequence[:, 0], sequence[:, 1]])
        state = net.lstm(both)[1][0][0]
        side = -1.0 if self.spec.combine == "difference" else 1.0
        return (net.head(state[:n] + side * state[n:]) + net.columns(x))[:, 0]

    def _loss(self, net: Net, x: Tensor, sequence: Tensor, target: Tensor, n_games: int) -> Tensor:
        """Mean log loss or squared error in units of POINTS, and a share of the head's penalty."""
        losses, task = _torch().nn.functional, self.spec.task
        log_loss = losses.binary_cross_entropy_with_logits
        error = (log_loss if task == "probability" else losses.mse_loss)(
            self._score(net, x, sequence), target
        )
        # Gates go unpenalised.
        columns, state = net.columns.weight.square().sum(), net.head.weight.square().sum()
        return error + COLUMN_PENALTY[task] / n_games * (columns + STATE_PENALTY * state)

    def _measured(self, inputs: Inputs) -> dict[str, float]:
        x, sequence = self._tensors(self.net_, inputs)
        score = self._score(self.net_, x, sequence)
        of_columns = ((x - x.mean(dim=0)) * self.net_.columns.weight[0]).square().mean(dim=0)
        played = sequence[..., CHANNELS.index("played")] == 1
        of_channels = []
        for channel in range(len(CHANNELS)):
            unknown = sequence.clone()
            known = sequence[..., channel][played]
            unknown[..., channel][played] = known.mean() if len(known) else 0.0
            change = self._score(self.net_, x, unknown) - score
            of_channels.append(float(change.square().mean()))
        names = (*self.spec.names, *(f"sequence_{channel}" for channel in CHANNELS))
        return shares(names, np.sqrt([*of_columns.tolist(), *of_channels]))


def _batches(n: int, random: np.random.Generator) -> Iterator[Tensor]:
    """All games in random order, and again in another, without end."""
    while True:
        order = random.permutation(n)
        for start in range(0, n, BATCH):
            yield _torch().tensor(order[start : start + BATCH])


def _empty_net(columns: int, channels: int) -> Net:
    """The network with unset weights; PyTorch's random state is left alone."""
    torch = _torch()
    # Made without memory at first: the usual constructor would draw random weights.
    kind: dict[str, Any] = {"dtype": torch.float64, "device": "meta"}
    net = torch.nn.Module()
    net.lstm = torch.nn.LSTM(channels, HIDDEN, bias=False, batch_first=True, **kind)
    net.head = torch.nn.Linear(HIDDEN, 1, bias=False, **kind)
    net.columns = torch.nn.Linear(columns, 1, **kind)
    for name, shape in {"mean": (columns,), "scale": (columns,), "center": ()}.items():
        net.register_buffer(name, torch.empty(shape, **kind))
    return net.to_empty(device="cpu")


def _torch() -> Any:  # noqa: ANN401 - an optional package has no type where it is missing
    """PyTorch, held to one thread in the calling thread; SettingsError where it is missing."""
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise SettingsError(
            "training.learners: lstm needs PyTorch, the extra `sequence`; run `make sequence` "
            "(or install it by hand: pip install torch==2.13.0), or leave lstm out."
        ) from None
    torch.set_num_threads(1)
    return torch
