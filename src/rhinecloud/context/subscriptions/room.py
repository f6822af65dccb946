"""The subscriptions of all tenants: kept, matched with what changes, notified, at a grain of a second.

Source: ETSI GS CIM 009 V1.9.1, 5.8 (operations, and in 5.8.6 how notifications come about).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final
from uuid import uuid4

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import AlreadyExists, BadRequestData, NonexistentTenant, ResourceNotFound, RhineError
from rhinecloud.base.model import Changes, Entity
from rhinecloud.base.settings import Settings
from rhinecloud.context.present import Present
from rhinecloud.context.presents import Presents
from rhinecloud.context.query import Query
from rhinecloud.context.selection import Types
from rhinecloud.context.vocabulary import Vocabularies, Vocabulary

from . import parse
from .delivery import DeadLetter, Delivery, Notice, PublishDead, Render
from .endpoints import Message, Reach, names_inside
from .index import Index, hits
from .memory import Memory
from .model import KIND, Kept, Selector, Subscription, Told
from .telling import tell

MOST_AT_ONCE: Final = 1_000  # entities in one notification
MOST_OF_INTERVAL: Final = 10_000  # entities told of at each interval
BREATH: Final = 500  # entities after which others get their turn
MOST_OF_TENANT: Final = 10_000  # subscriptions
FLUSH_S: Final = 5.0
GRAIN_S: Final = 0.5

log = telemetry.logger("context")


class _Tenant:
    """Everything about the subscriptions of one tenant."""

    def __init__(self, present: Present, subscriptions: dict[str, Subscription]) -> None:
        self.present = present
        self.subscriptions = subscriptions
        self.turn = asyncio.Lock()
        self.memory = Memory()
        self.reindex()

    def reindex(self) -> None:
        self.index = Index(s for s in self.subscriptions.values() if s.active)
        if not self.index.remembering:
            self.memory.clear()


class Subscriptions:
    """Used in the loop's thread.

    Args:
        publish_dead: keeps a notification that could not be delivered: (tenant, JSON).
        render: makes the message of a notification; who knows representations sets it before the first change.
    """

    def __init__(
        self,
        presents: Presents,
        vocabularies: Vocabularies,
        publish_dead: PublishDead,
        settings: Settings,
        clock: Clock = now_us,
        *,
        render: Render | None = None,
    ) -> None:
        self.vocabularies = vocabularies
        self.render = render
        self._presents = presents
        self._settings = settings
        self._clock = clock
        self._allow_private = settings.allow_private_endpoints or settings.open
        self._reach = Reach(allow_private=self._allow_private)
        self._delivery = Delivery(self._reach, self._rendered, publish_dead, clock, self._touched)
        self._tenants: dict[str, _Tenant] = {}
        self._dirty: dict[tuple[str, str], Subscription] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._tick(), name="subscriptions")]

    async def stop(self) -> None:
        """Gets out what waits, within two seconds; the rest becomes dead letters."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._delivery.stop()
        await self._reach.close()
        await self._flush()

    # ── the operations (5.8.1 to 5.8.5) ──────────────────────────────────────────────────────────────────────────────

    async def create(
        self, tenant: str, given: Any, vocabulary: Vocabulary, *, readable: frozenset[str] | None = None
    ) -> Subscription:
        """Keeps a new subscription; from now on it is told of changes.

        Args:
            readable: types that whoever asks may read; None: all.
        Raises:
            BadRequestData: the document is not a subscription. AlreadyExists. VocabularyUnavailable: its jsonldContext.
        """
        document = parse.subscription(given, vocabulary, self._clock())
        document.setdefault("id", f"urn:ngsi-ld:Subscription:{uuid4()}")
        here = self._tenant(tenant)
        if document["id"] in here.subscriptions:
            raise AlreadyExists(f"Subscription {document['id']} already exists")
        if len(here.subscriptions) >= MOST_OF_TENANT:
            raise BadRequestData(f"A tenant has at most {MOST_OF_TENANT} subscriptions")
        now = self._clock()
        kept = Kept(document, vocabulary.source, now, now, None if readable is None else sorted(readable))
        return await self._keep(tenant, here, kept)

    async def update(self, tenant: str, subscription_id: str, given: Any, vocabulary: Vocabulary) -> Subscription:
        """Changes a subscription: members that are given are exchanged, those that are null taken away (5.8.2).

        Raises:
            ResourceNotFound. BadRequestData: what comes out would not be a subscription.
        """
        old = self.get(tenant, subscription_id)
        changed = parse.fragment(given, vocabulary, self._clock())
        if changed.pop("id", subscription_id) != subscription_id:
            raise BadRequestData("The id of a subscription cannot be changed")
        for member in ("type", "notification"):
            if member in changed and changed[member] is None:
                raise BadRequestData(f"The member {member} of a subscription cannot be taken away")
        document = parse.complete(old.kept.document | changed)
        context = old.kept.context if vocabulary is self.vocabularies.default else vocabulary.source
        kept = Kept(document, context, old.kept.created_us, self._clock(), old.kept.readable, old.counters)
        return await self._keep(tenant, self._tenant(tenant), kept)

    async def delete(self, tenant: str, subscription_id: str) -> None:
        """Raises: ResourceNotFound."""
        self.get(tenant, subscription_id)
        here = self._tenant(tenant)
        await self._presents.open(tenant).delete_document(KIND, subscription_id)
        here.subscriptions.pop(subscription_id, None)
        here.reindex()
        self._dirty.pop((tenant, subscription_id), None)
        self._delivery.forget(tenant, subscription_id)

    def get(self, tenant: str, subscription_id: str) -> Subscription:
        """Raises: ResourceNotFound."""
        found = self._tenant(tenant).subscriptions.get(subscription_id)
        if found is None:
            raise ResourceNotFound(f"Subscription {subscription_id} does not exist")
        return found

    def list(self, tenant: str) -> list_[Subscription]:
        """All of a tenant, in the order of their making."""
        return sorted(self._tenant(tenant).subscriptions.values(), key=lambda s: (s.kept.created_us, s.id))

    async def _keep(self, tenant: str, here: _Tenant, kept: Kept) -> Subscription:
        if names_inside(kept.document["notification"]["endpoint"]["uri"]) and not self._allow_private:
            raise BadRequestData(
                "The endpoint lies in a private network; the setting allow_private_endpoints allows it"
            )
        if "jsonldContext" in kept.document:
            kept.context = kept.document["jsonldContext"]
            await self.vocabularies.load(kept.context, tenant)
        present = self._presents.open(tenant)
        made = self._made(tenant, kept, present)
        await present.save_document(KIND, made.id, msgspec.json.encode(kept))
        here.subscriptions[made.id] = made
        here.reindex()
        self._delivery.exchange(made)
        if made.remembers:
            await self._remember(present, here, made)
        return made

    # ── what changes (5.8.6) ─────────────────────────────────────────────────────────────────────────────────────────

    async def changed(self, changes: Changes) -> None:
        """Matches a batch of changes and queues the notifications; waits for no endpoint."""
        try:
            here = self._tenant(changes.tenant)
            if not here.subscriptions:
                return
            present = self._presents.open(changes.tenant)
        except NonexistentTenant:
            return
        async with here.turn:  # what was before is right only in the order of the commits
            concerned = here.index.concerned(changes)
            wanted = {entity for entities in concerned.values() for entity in entities}
            before = await self._see(here, present, changes)
            if wanted:
                found, entities = hits(changes, wanted), await self._read(present, wanted)
                for subscription, ids in concerned.items():
                    if changes.committed_us < subscription.kept.created_us:
                        continue
                    told = []
                    for number, i in enumerate(ids, 1):
                        if one := tell(subscription, i, found[i], entities[i], before.get(i)):
                            told.append(one)
                        if number % BREATH == 0:
                            await asyncio.sleep(0)
                    if told:
                        self._notify(subscription, told)

    @staticmethod
    async def _read(present: Present, wanted: set[str]) -> dict[str, Entity | None]:
        """The entities as they are now, with a pause for others now and then."""
        found: dict[str, Entity | None] = {}
        for entity_id in wanted:
            found[entity_id] = present.get(entity_id)
            if len(found) % BREATH == 0:
                await asyncio.sleep(0)
        return found

    async def _see(self, here: _Tenant, present: Present, changes: Changes) -> dict[str, Entity]:
        """What remembered entities of the batch were before it; now they are remembered as they are."""
        before: dict[str, Entity] = {}
        if not here.index.remembering:
            return before
        seen = 0
        for entity_id, types in dict(zip(changes.entity, changes.type, strict=True)).items():
            if here.index.remembered(types, entity_id):
                old = here.memory.before(entity_id)
                # One that was read after this commit says nothing of what was before it.
                if old is not None and old.get("_m", 0) < changes.committed_us:
                    before[entity_id] = old
                here.memory.see(entity_id, present.get(entity_id))
                seen += 1
                if seen % BREATH == 0:
                    await asyncio.sleep(0)
        return before

    def _notify(self, subscription: Subscription, told: list_[Told]) -> None:
        now = self._clock()
        current = self._tenants[subscription.tenant].subscriptions.get(subscription.id)
        if current is not subscription or subscription.status(now) != "active":
            return  # deleted or updated in the meantime, or not to be told of now
        throttled_until = subscription.next_us if subscription.throttling_us else 0
        if now < throttled_until:
            return
        subscription.next_us = now + (subscription.interval_us or subscription.throttling_us)
        for start in range(0, len(told), MOST_AT_ONCE):
            self._delivery.put(subscription, Notice(now, told[start : start + MOST_AT_ONCE]))

    async def _remember(self, present: Present, here: _Tenant, subscription: Subscription) -> None:
        """Reads the subscription's entities, so that their next change can say what was before."""
        for selector in subscription.selectors:
            offset = 0
            while not here.memory.full:
                page = await present.query(_selected(selector, Query(), 1000, offset))
                for entity in page.entities:
                    if entity["id"] not in here.memory:
                        here.memory.see(entity["id"], entity)
                offset += 1000
                if len(page.entities) < 1000:
                    break

    async def replay(self, letter: bytes) -> None:
        """Sends a dead letter again, to where its subscription says now.

        Raises:
            ResourceNotFound: the subscription is gone.
        """
        dead = msgspec.json.decode(letter, type=DeadLetter)
        subscription = self.get(dead.tenant, dead.subscription)
        self._delivery.put(subscription, Notice(self._clock(), [], Message(dead.headers, bytes(dead.body))))

    # ── what goes by the clock ───────────────────────────────────────────────────────────────────────────────────────

    async def _tick(self) -> None:
        await self._load_all()
        flush_at = self._clock()
        while True:
            await asyncio.sleep(GRAIN_S)
            try:
                await self._intervals()
                if self._clock() >= flush_at:
                    await self._flush()
                    flush_at = self._clock() + round(FLUSH_S * 1_000_000)
            except RhineError as error:
                log.warning("subscriptions_waiting", detail=error.detail)
            except Exception:
                log.exception("subscriptions_failed")

    async def _load_all(self) -> None:
        """Opens every tenant once: subscriptions by the clock have to be known before anything changes there."""
        for tenant in self._presents.names():
            with contextlib.suppress(RhineError):
                here = self._tenant(tenant)
                for subscription in here.index.remembering:
                    await self._remember(self._presents.open(tenant), here, subscription)
            await asyncio.sleep(0.02)  # a start has better things to do

    async def _intervals(self) -> None:
        now = self._clock()
        for here in list(self._tenants.values()):
            for subscription in list(here.subscriptions.values()):
                if subscription.interval_us and subscription.next_us <= now and subscription.status(now) == "active":
                    subscription.next_us = now + subscription.interval_us
                    with contextlib.suppress(RhineError):  # a tenant that cannot be asked now is asked next time
                        if told := await self._all_of(here.present, subscription):
                            self._notify(subscription, told)

    async def _all_of(self, present: Present, subscription: Subscription) -> list_[Told]:
        found: dict[str, Entity] = {}
        for selector in subscription.selectors:
            page = await present.query(_selected(selector, subscription.query, MOST_OF_INTERVAL, 0))
            found.update((entity["id"], entity) for entity in page.entities)
        return [Told(entity) for entity in list(found.values())[:MOST_OF_INTERVAL]]

    def _tenant(self, tenant: str) -> _Tenant:
        present = self._presents.open(tenant)
        here = self._tenants.get(tenant)
        if here is None or here.present is not present:  # another one: the tenant was deleted and made anew
            loaded = {}
            for subscription_id, body in present.documents(KIND).items():
                try:
                    loaded[subscription_id] = self._made(tenant, msgspec.json.decode(body, type=Kept), present)
                except (RhineError, msgspec.MsgspecError, KeyError) as error:
                    log.warning(
                        "subscription_unreadable", tenant=tenant, subscription=subscription_id, error=str(error)
                    )
            here = self._tenants[tenant] = _Tenant(present, loaded)
        return here

    def _made(self, tenant: str, kept: Kept, present: Present) -> Subscription:
        return Subscription(tenant, kept, present.get_many, self._clock)

    async def _rendered(self, subscription: Subscription, notice: Notice) -> Message:
        assert self.render is not None, "whoever knows representations sets `render` at the start"
        return await self.render(subscription, notice)

    def _touched(self, subscription: Subscription) -> None:
        self._dirty[subscription.tenant, subscription.id] = subscription

    async def _flush(self) -> None:
        """Keeps the counters that changed."""
        dirty, self._dirty = self._dirty, {}
        for (tenant, subscription_id), subscription in dirty.items():
            here = self._tenants.get(tenant)
            current = here.subscriptions.get(subscription_id) if here is not None else None
            if current is not None:
                current.kept.counters = subscription.counters
                with contextlib.suppress(RhineError):
                    body = msgspec.json.encode(current.kept)
                    await self._presents.open(tenant).save_document(KIND, subscription_id, body)


def _selected(selector: Selector, query: Query, limit: int, offset: int) -> Query:
    types: Types | None = selector.types
    return msgspec.structs.replace(
        query, types=types, ids=tuple(sorted(selector.ids)), id_pattern=selector.pattern, limit=limit, offset=offset
    )


list_ = list  # the method `list` hides the type within the class
