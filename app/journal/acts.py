"""Making acts: writes that name the heads they replace, in the scope the fields declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.journal import verbs
from app.journal.operation import Act
from app.journal.scopes import resolve
from app.journal.state import State
from app.journal.texts import FIRST_EPOCH, client_id
from db.fields import JOINT


class ActMaker:
    """Builds acts of one author over the state as it is projected at this moment."""

    def __init__(self, state: State, agency: str, why: str | None = None) -> None:
        self._state, self._agency, self._why = state, agency, why

    def explaining(self, why: str) -> ActMaker:
        """The same, whose writes say why where they say nothing themselves."""
        return ActMaker(self._state, self._agency, why)

    def write(  # noqa: PLR0913 - everything a write may hold
        self,
        command: str,
        entity: str,
        entity_id: str,
        values: Mapping[str, Any],
        *,
        new: bool = False,
        entries: Mapping[str, int] | None = None,
        why: str | None = None,
        batch: str | None = None,
        cause: Sequence[str] = (),
    ) -> list[Act]:
        """One act per scope that the fields need (outside the joint scope one per field), naming the heads it replaces.

        `cause`: what the id of a new record was derived from, when it was (app/kernel/ids.py).
        """
        schema = self._state.policy.entities[entity]
        home = resolve(schema.scope, self._agency)
        parts: dict[tuple[str, str], dict[str, Any]] = {}
        if new or entries:
            parts[home, ""] = {}
        for name, value in values.items():
            scope = self._scope(entity, entity_id, name)
            alone = (
                scope != JOINT and schema.scope == JOINT
            )  # a register that may be opened later stands by itself
            parts.setdefault((scope, name if alone else ""), {})[name] = value
        acts = []
        for (scope, _), fields in parts.items():
            body: dict[str, Any] = {"v": verbs.WRITE, "set": fields}
            over = (
                {}
                if new
                else {name: heads for name in fields if (heads := self.heads(entity, entity_id, name))}
            )
            at_home = scope == home
            extras = {
                "over": over,
                "entry": dict(entries or {}) if at_home else {},
                "new": new and at_home,
                "cause": list(cause) if new and at_home else [],
                "why": why or self._why,
            }
            body |= {name: value for name, value in {**extras, "batch": batch}.items() if value}
            acts.append(Act(command, entity, entity_id, scope, body))
        return acts

    def text(self, command: str, entity: str, entity_id: str, field: str, site: str, shown: str) -> list[Act]:
        """Acts by which this site turns a long text into what shall be shown; each goes in a transaction of its own."""
        from app.journal.text_engine import rewriting  # noqa: PLC0415 - most programs never write one

        texts, place = self._state.texts, (entity, entity_id, field)
        updates = rewriting(texts.state_of(*place), client_id(site, place), shown)
        return [self.update(command, *place, update) for update in updates]

    def update(self, command: str, entity: str, entity_id: str, field: str, update: bytes) -> Act:
        """One update of a long text, as an editor made it."""
        return self.mark(
            command, entity, entity_id, verbs.TEXT, field=field, epoch=FIRST_EPOCH, update=update
        )

    def _scope(self, entity: str, entity_id: str, field: str) -> str:
        return resolve(self._state.policy.entities[entity].fields[field].scope, self._agency)

    def heads(self, entity: str, entity_id: str, field: str) -> list[bytes]:
        """Present heads of a register, in hash order."""
        return sorted(self._state.record(entity, entity_id).heads.get(field, ()))

    def mark(self, command: str, entity: str, entity_id: str, verb: str, **body: Any) -> Act:
        """Any other verb on a record, in the scope of its field or of the record."""
        schema = self._state.policy.entities.get(entity)
        field = schema.fields.get(str(body.get("field"))) if schema else None
        scope = (
            JOINT
            if verb in verbs.VALIDITY_INPUT or schema is None
            else resolve(field.scope if field else schema.scope, self._agency)
        )
        return Act(command, entity, entity_id, scope, {"v": verb, **body})
