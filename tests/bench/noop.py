"""What does a route cost that does nothing? FastAPI under the same server and options as the desk's API."""

import sys

import uvicorn
from fastapi import FastAPI

application = FastAPI()


@application.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether it answers."""
    return {"status": "ok"}


@application.post("/api/webhooks/replicate")
async def nothing() -> dict[str, bool]:
    """Answer as the desk does, and keep nothing."""
    return {"new": True}


if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False)
