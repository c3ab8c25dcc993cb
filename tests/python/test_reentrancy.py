"""Programs whose code, called while a statement runs, ends what runs it."""

import pytest
from cormorant import Column, Integer, String, TypeDecorator, create_engine, exc, select
from cormorant.orm import DeclarativeBase, Session


class _Meddling(TypeDecorator):
    """Calls back while its values travel."""

    impl = String
    cache_ok = True
    meddle = None

    def process_bind_param(self, value, dialect):
        if _Meddling.meddle:
            _Meddling.meddle()
        return value

    process_result_value = process_bind_param


@pytest.mark.parametrize("how", ["close", "rollback", "commit", "expunge_all", "reset"])
@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("options", [{}, {"yield_per": 1}])
def test_types_may_end_the_session_that_calls_them(how, echo, options):
    class Local(DeclarativeBase):
        pass

    class Thing(Local):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)
        name = Column(_Meddling)
        text = Column(String)

    long = "long " * 10_000
    engine = create_engine("sqlite://", echo=echo)
    Local.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            session.add_all([Thing(name="a", text=long), Thing(name="b", text=long)])
            session.commit()
            for statement in (select(Thing).where(Thing.name == "a"), select(Thing.__table__).where(Thing.name == "a"), select(Thing)):
                for run in (session.execute, lambda statement: session.connection().execute(statement)):
                    _Meddling.meddle = getattr(session, how)
                    try:
                        for row in run(statement.execution_options(**options)):
                            assert getattr(row, "text", long) == long
                    except exc.ResourceClosedError as e:
                        assert "closed" in str(e)
                    _Meddling.meddle = None
                    session.rollback()
                    assert session.scalars(select(Thing.name)).all() == ["a", "b"]
    finally:
        _Meddling.meddle = None
        engine.dispose()
