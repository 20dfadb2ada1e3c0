"""Deploy: `python -m deploy.identity` serves the token issuer for development until SIGTERM."""

import uvicorn

from deploy.identity.app import Settings, create_app

if __name__ == "__main__":
    settings = Settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
