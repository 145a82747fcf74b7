"""The ports of single screens, each made when it is first asked for: the board needs none of them to be painted."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.bootstrap.service import Service
    from app.bootstrap.window_accounts import SiteAccounts
    from app.bootstrap.window_attachments import SiteAttachments, SiteContacts
    from app.bootstrap.window_backup import SiteBackups
    from app.bootstrap.window_bundles import SiteBundles
    from app.bootstrap.window_diagnostics import SiteDiagnostics
    from app.bootstrap.window_exports import SiteExports
    from app.bootstrap.window_imports import SiteImports
    from app.bootstrap.window_links import SiteLinks
    from app.bootstrap.window_settings import SiteSettings
    from app.bootstrap.window_sites import SiteTrust
    from app.kernel.paths import DataDir

    Port = (
        SiteAccounts
        | SiteAttachments
        | SiteContacts
        | SiteBackups
        | SiteBundles
        | SiteDiagnostics
        | SiteExports
        | SiteImports
        | SiteLinks
        | SiteSettings
        | SiteTrust
    )

PortT = TypeVar("PortT", bound="Port")
_IN_ORDER = (
    "exports",
    "imports",
    "bundles",
    "attachments",
    "contacts",
    "sites",
    "accounts",
    "settings",
    "diagnostics",
    "backup",
    "link_desk",
)  # of their ends


class ScreenPorts:
    """What `app.ui.shell.ports.SiteDoor` offers beyond the two doors."""

    data: DataDir
    _closed: bool
    _service: Service | None

    def _site(self) -> Node:
        raise NotImplementedError

    def _made(self, port: PortT) -> PortT:
        """Whoever comes after the end finds it closed."""
        if self._closed:
            port.close()
        return port

    @cached_property
    def imports(self) -> SiteImports:
        """Imports of files into registers."""
        from app.bootstrap.window_imports import SiteImports

        return self._made(SiteImports(self._site))

    @cached_property
    def exports(self) -> SiteExports:
        """The board as a file or on paper."""
        from app.bootstrap.window_exports import SiteExports

        return self._made(SiteExports(self.data.database))

    @cached_property
    def bundles(self) -> SiteBundles:
        """Exchange by stick."""
        from app.bootstrap.window_bundles import SiteBundles

        return self._made(SiteBundles(self._site))

    @cached_property
    def attachments(self) -> SiteAttachments:
        """Files of incidents."""
        from app.bootstrap.window_attachments import SiteAttachments

        return self._made(SiteAttachments(self._site))

    @cached_property
    def contacts(self) -> SiteContacts:
        """Contacts of incidents."""
        from app.bootstrap.window_attachments import SiteContacts

        return self._made(SiteContacts(self._site))

    @cached_property
    def backup(self) -> SiteBackups:
        """Backups, and the check of the record."""
        from app.bootstrap.window_backup import SiteBackups

        return self._made(SiteBackups(self._site))

    @cached_property
    def sites(self) -> SiteTrust:
        """Keys, certificates and seals."""
        from app.bootstrap.window_sites import SiteTrust

        return self._made(SiteTrust(self._site))

    @cached_property
    def accounts(self) -> SiteAccounts:
        """Passwords of accounts."""
        from app.bootstrap.window_accounts import SiteAccounts

        return self._made(SiteAccounts(self._site))

    @cached_property
    def settings(self) -> SiteSettings:
        """Rule numbers."""
        from app.bootstrap.window_settings import SiteSettings

        return self._made(SiteSettings(self._site))

    @cached_property
    def diagnostics(self) -> SiteDiagnostics:
        """How this workstation is."""
        from app.bootstrap.window_diagnostics import SiteDiagnostics

        return self._made(SiteDiagnostics(self._site, lambda: self._service))

    @cached_property
    def link_desk(self) -> SiteLinks:
        """Every line to other workstations."""
        from app.bootstrap.window_links import SiteLinks

        return self._made(SiteLinks(self._site, lambda: self._service))

    @cached_property
    def pairing(self) -> SiteLinks:
        """Pairing with another workstation: the same as the desk of lines."""
        return self.link_desk

    def close_ports(self) -> None:
        """End what was made, in order."""
        for name in _IN_ORDER:
            port: Port | None = self.__dict__.get(name)
            if port is not None:
                port.close()
