"""How does each state look? One colour, one icon and one word everywhere."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.jobs.states import JobState, VariantState

Color = Literal["gray", "blue", "green", "orange", "red"]


@dataclass(frozen=True, slots=True)
class Look:
    """A state's word, colour and Material icon."""

    word: str
    color: Color
    icon: str


JOB_LOOKS: dict[JobState, Look] = {
    JobState.PENDING: Look("Pending", "gray", "schedule"),
    JobState.PROCESSING: Look("Processing", "blue", "autorenew"),
    JobState.COMPLETED: Look("Completed", "green", "check_circle"),
    JobState.PARTIAL: Look("Partial", "orange", "contrast"),
    JobState.FAILED: Look("Failed", "red", "error"),
    JobState.CANCELED: Look("Canceled", "gray", "block"),
}
VARIANT_LOOKS: dict[VariantState, Look] = {
    VariantState.QUEUED: Look("Waiting for its turn", "gray", "schedule"),
    VariantState.SUBMITTING: Look("Being ordered", "blue", "autorenew"),
    VariantState.RUNNING: Look("Being drawn", "blue", "autorenew"),
    VariantState.SUCCEEDED: Look("Ready", "green", "check_circle"),
    VariantState.FAILED: Look("Failed", "red", "error"),
    VariantState.CANCELED: Look("Canceled", "gray", "block"),
}


def badge(state: JobState) -> None:
    """Draw a job's state."""
    look = JOB_LOOKS[state]
    st.badge(look.word, icon=f":material/{look.icon}:", color=look.color)
