"""What is wrong with a configuration: every message about one is a problem with its place."""

import attrs


@attrs.frozen
class Problem:
    """One thing that keeps a configuration from being used."""

    where: str
    """The file, with the line where it is known, or the option of the command line."""
    text: str
    """What was found, and what is allowed."""

    def __str__(self) -> str:
        """One line."""
        return f"{self.where}: {self.text}"


class UnusableConfigurationError(Exception):
    """A configuration cannot be used; says everything that is wrong with it, not the first thing only."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
