"""What does the API answer about files? Create, list, get, delete and the signed download."""

import asyncio
import json
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import FormData, UploadFile

from core.provider.simulator import files, paging, problems
from core.provider.simulator.assembly import Simulator, of, origin_of, require_bearer
from core.provider.simulator.files import StoredFile, file_view
from core.provider.simulator.json_answer import JsonAnswer
from core.provider.simulator.paging import PAGE_SIZE

NOT_FOUND = "File not found"

router = APIRouter(prefix="/v1/files")
_protected = [Depends(require_bearer)]


@router.post("", dependencies=_protected)
async def create_file(request: Request) -> Response:
    """Take an upload: `content`, and optionally `filename`, `type` and `metadata`."""
    simulator = of(request)
    async with request.form(max_files=1, max_fields=8) as form:
        content = form.get("content")
        if not isinstance(content, UploadFile):
            raise _invalid("required", "content", "content is required and must be a file")
        if (content.size or 0) > files.MAX_FILE_BYTES:
            raise problems.Problem(413, "Files must be less than 100MB in size")
        name = _file_name(form, content)
        metadata = _metadata(form)
        kind = form.get("type")
        file_id, sha256 = await asyncio.to_thread(simulator.files.write, content.file)
        file = StoredFile(
            id=file_id,
            name=name,
            content_type=files.content_type_of(name, kind if isinstance(kind, str) else content.content_type),
            size=content.size or 0,
            sha256=sha256,
            metadata=metadata,
            created_at=simulator.clock(),
        )
    simulator.files.add(file)
    simulator.files.delete_expired(now=simulator.clock())
    return JsonAnswer(file_view(file, origin=origin_of(request)), status_code=201)


@router.get("", dependencies=_protected)
async def list_files(request: Request) -> Response:
    """A page of files, newest first."""
    simulator, skip = of(request), paging.read_cursor(request).position or 0
    found = simulator.files.page(now=simulator.clock(), skip=skip, limit=PAGE_SIZE + 1)
    has_more = len(found) > PAGE_SIZE
    return JsonAnswer(
        {
            "next": paging.page_url(request, "older", skip + PAGE_SIZE) if has_more else None,
            "previous": paging.page_url(request, "older", max(0, skip - PAGE_SIZE)) if skip else None,
            "results": [file_view(file, origin=origin_of(request)) for file in found[:PAGE_SIZE]],
        }
    )


@router.get("/{file_id}", dependencies=_protected)
async def get_file(request: Request, file_id: str) -> Response:
    """The facts of one file."""
    return JsonAnswer(file_view(_find(of(request), file_id), origin=origin_of(request)))


@router.delete("/{file_id}", dependencies=_protected)
async def delete_file(request: Request, file_id: str) -> Response:
    """Delete one file; after that it is not found."""
    simulator = of(request)
    simulator.files.delete(_find(simulator, file_id).id)
    return Response(status_code=204)


@router.get("/{file_id}/download")
async def download_file(request: Request, file_id: str) -> Response:
    """The bytes of a file, for whoever has a signed link."""
    simulator, query = of(request), request.query_params
    is_signed = simulator.files.is_signed(
        file_id,
        owner=query.get("owner", ""),
        expiry=query.get("expiry", ""),
        signature=query.get("signature", ""),
        now=simulator.clock(),
    )
    if not is_signed:
        raise problems.not_found(NOT_FOUND)
    file = _find(simulator, file_id)
    return FileResponse(simulator.files.path(file.id), media_type=files.DEFAULT_CONTENT_TYPE, filename=file.name)


def _find(simulator: Simulator, file_id: str) -> StoredFile:
    file = simulator.files.get(file_id, now=simulator.clock())
    if file is None:
        raise problems.not_found(NOT_FOUND)
    return file


def _file_name(form: FormData, content: UploadFile) -> str:
    given = form.get("filename")
    name = given if isinstance(given, str) else content.filename or ""
    if not 0 < len(name.encode()) <= files.MAX_NAME_BYTES:
        raise _invalid("length", "filename", f"filename is required and at most {files.MAX_NAME_BYTES} bytes long")
    return name


def _metadata(form: FormData) -> dict[str, Any]:
    given = form.get("metadata")
    try:
        metadata = json.loads(given) if isinstance(given, str) else {}
    except ValueError as exception:
        raise _invalid("format", "metadata", "metadata must be valid JSON") from exception
    if not isinstance(metadata, dict):
        raise _invalid("type", "metadata", "metadata must be a JSON object")
    return metadata


def _invalid(rule: str, name: str, description: str) -> problems.Problem:
    return problems.invalid([{"type": rule, "field": name, "description": description}])
