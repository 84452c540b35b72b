"""REINFORCE: an agent learns to leave a corridor by its right end.

Look at the graph of `loss`: it grows and shrinks with the length of the episode, one branch for
each step that the agent took. The rewards aren't in it: they are plain numbers that scale each
branch. Nor is the draw of an action, which has no derivative; the gradient comes through `log_prob`
alone.
"""

import torch
from torch import nn
from torch.distributions import Categorical

LENGTH, LONGEST = 5, 20
ACTIONS = (-1, +1)  # to the left, to the right


def play(policy: nn.Module) -> tuple[list[torch.Tensor], list[float]]:
    """One episode from the left end: the log-probability of each action, and its reward."""
    position, log_probs, rewards = 0, [], []
    while position < LENGTH and len(rewards) < LONGEST:
        place = nn.functional.one_hot(torch.tensor(position), LENGTH).float()
        choice = Categorical(logits=policy(place))
        action = choice.sample()
        log_probs.append(choice.log_prob(action))
        position = max(0, position + ACTIONS[action.item()])
        rewards.append(1.0 if position == LENGTH else -0.1)
    return log_probs, rewards


def returns_of(rewards: list[float], discount: float = 0.95) -> torch.Tensor:
    """What was still to come at each step, later rewards discounted."""
    returns, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + discount * following
        returns.append(following)
    return torch.tensor(returns[::-1])


torch.manual_seed(0)
policy = nn.Linear(LENGTH, len(ACTIONS))
optimizer = torch.optim.Adam(policy.parameters(), lr=0.1)
lengths = []

for _ in range(60):
    log_probs, rewards = play(policy)
    loss = -(torch.stack(log_probs) * returns_of(rewards)).sum()

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    lengths.append(len(rewards))

print(f"steps to the exit, first ten episodes: {lengths[:10]}")
print(f"steps to the exit, last ten episodes:  {lengths[-10:]}")
