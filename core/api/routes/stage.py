"""How does a program stage photos?"""

from typing import Annotated

from fastapi import APIRouter, File, Form, Header, Response, UploadFile, status

from core.api.deps import ActorDep, RuntimeDep
from core.api.document import problems
from core.api.schemas import Staged, StagedBatch
from core.images.validation import MAX_FILE_BYTES
from core.jobs import service
from core.jobs.photos import Upload
from core.jobs.service import StageRequest

router = APIRouter(tags=["stage"])


@router.post(
    "/stage",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=Staged | StagedBatch,
    responses={
        200: {"model": Staged | StagedBatch, "description": "The Idempotency-Key repeats, or nothing new was begun"},
        **problems(400, 402, 409, 413, 415, 503),
    },
)
def stage(
    runtime: RuntimeDep,
    actor: ActorDep,
    response: Response,
    image: Annotated[list[UploadFile], File(description="One or more photos")],
    room_type: Annotated[str, Form(alias="roomType")],
    style: Annotated[str, Form()],
    instructions: Annotated[str, Form()] = "",
    priority: Annotated[str, Form()] = "normal",
    model: Annotated[str | None, Form(description="One that is on, as `owner/name`; the default without")] = None,
    account: Annotated[str | None, Form()] = None,
    expected_credits: Annotated[int | None, Form(alias="expectedCredits")] = None,
    new_seeds: Annotated[bool, Form(alias="newSeeds")] = False,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Staged | StagedBatch:
    """Stage each photo in two variants: 40 credits a photo, taken now, returned for what fails.

    With `expectedCredits`, nothing is bought (409) if all of it would cost another amount. A photo that was staged
    just so before is given again at no charge, unless `newSeeds` wants it anew.
    """
    submission = service.submit(
        runtime.desk,
        actor,
        StageRequest(
            uploads=[_read(file) for file in image[: service.UPLOADS_MAX + 1]],
            room_type=room_type,
            style=style,
            instructions=instructions,
            priority=priority,
            model=model or None,
            account=account or None,
            idempotency_key=idempotency_key,
            expected_credits=expected_credits,
            new_seeds=new_seeds,
        ),
    )
    if submission.repeated or len(submission.reused) == len(submission.jobs):
        response.status_code = status.HTTP_200_OK
    if len(submission.jobs) > 1:
        return StagedBatch.of(submission)
    return Staged.of_one(submission)


def _read(file: UploadFile) -> Upload:
    # One byte over the limit is enough to be refused for it; the rest stays on disk.
    return Upload(file_name=file.filename or "", data=file.file.read(MAX_FILE_BYTES + 1))
