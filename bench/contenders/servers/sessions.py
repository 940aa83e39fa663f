"""SQLAlchemy's asynchronous sessions over asyncpg, configured as in its documentation."""

import os

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine


class SessionFactory:
    """Factory of sessions over DATABASE_URL with CONNECTIONS connections."""

    def __init__(self) -> None:
        connections = int(os.environ["CONNECTIONS"])
        url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
        self._engine = create_async_engine(url, pool_size=connections, max_overflow=0)
        self._write_sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._read_sessions = async_sessionmaker(reading, expire_on_commit=False)

    def open_read_session(self) -> AsyncSession:
        """Open a session without a transaction."""
        return self._read_sessions()

    def open_write_session(self) -> AsyncSession:
        """Open a session committing at the end of its block."""
        return self._write_sessions()

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
