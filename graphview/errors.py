"""One tree of exceptions; each knows the exit code that the command line ends with."""

from __future__ import annotations


class GraphviewError(Exception):
    """Something that graphview could not do: one sentence with what, where, what to do."""

    exit_code = 2


class RootError(GraphviewError):
    """What was given as a root has no autograd graph, or is no tensor at all."""


class ParameterError(GraphviewError):
    """`params` is in a form from which no names can be read."""


class DeviceError(GraphviewError):
    """The device does not exist, or not on this machine."""


class OutputError(GraphviewError):
    """A file could not be written; nothing of it was left behind."""


class RecordingError(GraphviewError):
    """A recording could not be read: not JSON, another schema, or a value of the wrong type."""


class SubjectError(GraphviewError):
    """What graphview was pointed at cannot be observed."""


class SubjectFailed(SubjectError):
    """The program that graphview ran raised an exception of its own, or left nothing to look at."""


class SubjectInterrupted(SubjectError):
    """The program that graphview ran was interrupted."""

    exit_code = 130


class NameUnknown(GraphviewError):
    """Nothing that can be explained has this name."""


class SelectionError(GraphviewError):
    """What a picture was asked to show is not in the graph, or may mean several places in it."""


class ContractError(GraphviewError):
    """A contract file that cannot be read, or that asks for what nobody can check."""


class BaselineError(GraphviewError):
    """A baseline that cannot be read, or may not be written."""


class LayoutError(GraphviewError):
    """A layout engine could not draw a graph."""


class LayoutTimeout(LayoutError):
    """A layout engine took longer than it was given."""


class EngineUnavailable(LayoutError):
    """The layout engine is not installed, or is installed and cannot draw."""
