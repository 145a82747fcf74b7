"""Arguments of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from app.kernel.enums import Agency, Realm


def build(verb: str = "") -> argparse.ArgumentParser:
    """The parser with all its sub-commands; for the verb `window` with that one alone, since the board waits for it."""
    parser = argparse.ArgumentParser(prog="main.py", description="Joint Duty Console")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, help="data folder of the site (default: the user's data folder)")
    common.add_argument(
        "--realm",
        choices=[realm.value for realm in Realm],
        default=Realm.LIVE.value,
        help="live or exercise: which of the user's data folders, and for init what is founded (XC-10)",
    )
    common.add_argument("--clock", help="test clock: an ISO 8601 moment with offset, or @FILE holding one")
    signed = argparse.ArgumentParser(add_help=False, parents=[common])
    signed.add_argument("--as", dest="account", required=True, metavar="ACCOUNT", help="sign-in name or id")
    signed.add_argument(
        "--key-file", type=Path, help="file with the password (0600); otherwise standard input"
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    if verb == "window":
        _window(verbs, common)
        return parser
    _site(verbs, common, signed)
    _trust(verbs, common, signed)
    _acts(verbs, common, signed)
    _record(verbs, common)
    return parser


def with_verb(argv: Sequence[str]) -> list[str]:
    """The call with `window` put in front where no verb was given: `main.py`, `main.py --data DIR`."""
    named = bool(argv) and (not argv[0].startswith("-") or argv[0] in ("-h", "--help"))
    return list(argv) if named else ["window", *argv]


def _site(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    signed: argparse.ArgumentParser,
) -> None:
    init = verbs.add_parser(
        "init", parents=[common], help="found a site; the administrator's password on standard input"
    )
    init.add_argument("--agency", choices=[agency.value for agency in Agency], required=True)
    init.add_argument("--district", default="310105")
    init.add_argument("--district-file", type=Path)
    init.add_argument(
        "--join",
        action="store_true",
        help="a further workstation of an agency whose recovery key file is there",
    )
    init.add_argument(
        "--letter",
        default="",
        help="series letter of a further workstation: B to Z (D-35); default: the next free",
    )
    init.add_argument("--label", default="", help="name of this workstation on screen")
    init.add_argument(
        "--admin", default="admin", help="sign-in name of this workstation's first administrator"
    )
    init.add_argument("--title", default="", help="his title on screen")
    init.add_argument(
        "--recovery-file",
        type=Path,
        required=True,
        help="where the agency's recovery key is written, with --join read; keep it off this machine",
    )
    init.add_argument("--key-file", type=Path)
    certify = verbs.add_parser(
        "certify",
        help="sign a certificate with the agency's recovery key; prints the command that enters it (`do`)",
    )
    certify.add_argument("what", choices=["close", "revoke", "appoint"])
    certify.add_argument("target", help="site, or with appoint the account, by id")
    certify.add_argument("--recovery-file", type=Path, required=True)
    certify.add_argument("--heir", default="", help="close: the site that takes its shares")
    certify.add_argument(
        "--last-seq", type=int, default=0, help="revoke: last operation that was still its owner's"
    )
    serve = verbs.add_parser(
        "serve", parents=[common], help="run the site without a screen until it is stopped"
    )
    serve.add_argument("--listen", metavar="HOST:PORT", help="where peers may reach it")
    _add_doors(serve)
    verbs.add_parser("stop", parents=[common], help="stop a running `serve`")
    _window(verbs, common)
    identity = verbs.add_parser(
        "identity", parents=[signed], help="write this site's identity file for pairing"
    )
    identity.add_argument("file", type=Path)
    identity.add_argument(
        "--endpoint", action="append", metavar="HOST:PORT", help="where the peer may dial us"
    )
    pair = verbs.add_parser(
        "pair", parents=[signed], help="compare a peer's identity file; with --number, confirm it"
    )
    pair.add_argument("file", type=Path)
    pair.add_argument("--number", help="the number as read on the telephone")
    pair.add_argument("--address", default="", metavar="HOST:PORT")
    waiting = verbs.add_parser(
        "pair-listen",
        parents=[signed],
        help="pair over the network: open a window and wait for the other side; what it reads on standard input",
    )
    waiting.add_argument("address", metavar="HOST:PORT", help="where to wait; port 0: any free one")
    dialling = verbs.add_parser(
        "pair-connect",
        parents=[signed],
        help="pair over the network: dial the other side's window; what it reads on standard input",
    )
    dialling.add_argument("address", metavar="HOST:PORT", help="where the other side waits")


def _window(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    window = verbs.add_parser(
        "window", parents=[common], help="the console with its window (also without a verb)"
    )
    window.add_argument("--listen", metavar="HOST:PORT", help="where peers may reach it")
    window.add_argument("--side", choices=["left", "right"], help="half of the screen (make duo)")
    _add_doors(window)


def _trust(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    signed: argparse.ArgumentParser,
) -> None:
    verbs.add_parser(
        "rotate-key",
        parents=[signed],
        help="change the key this workstation signs with; nothing is paired again",
    )
    verbs.add_parser(
        "renew", parents=[signed], help="renew the certificate of the link; nothing is paired again"
    )
    seal = verbs.add_parser(
        "seal", parents=[signed], help="seal this workstation's emergency account anew; writes its sheet"
    )
    seal.add_argument(
        "out", type=Path, help="page for a printer (HTML) with the password; not on this machine"
    )
    sheet = verbs.add_parser(
        "sheet", parents=[common], help="the recovery key as a sheet to be printed and sealed"
    )
    sheet.add_argument("out", type=Path, help="page for a printer (HTML); not on this machine")
    sheet.add_argument("--recovery-file", type=Path, required=True)
    recovery = verbs.add_parser(
        "recovery",
        parents=[common],
        help="make a recovery key file anew: the four lines of its sheet on standard input",
    )
    recovery.add_argument("--agency", choices=[agency.value for agency in Agency], required=True)
    recovery.add_argument("--district", default="310105")
    recovery.add_argument("--code", required=True, help="check code as printed on the sheet")
    recovery.add_argument("--letters", default="", help="series letters given so far, say B,C")
    recovery.add_argument("--recovery-file", type=Path, required=True, help="where the key file is written")


def _add_doors(verb: argparse.ArgumentParser) -> None:
    """Where alarms of the 119 system come in (IS-01)."""
    verb.add_argument("--feed-folder", type=Path, help="watched folder of alarms (*.jsonl)")
    verb.add_argument(
        "--feed-port", type=int, help="port of local authenticated POST /alarms (0: any free one)"
    )


def _acts(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    signed: argparse.ArgumentParser,
) -> None:
    do = verbs.add_parser("do", parents=[signed], help="carry out a command")
    do.add_argument("command")
    do.add_argument("arguments", nargs="?", default="{}", help="JSON object, or @FILE")
    show = verbs.add_parser("show", parents=[common], help="rows of a query as JSON")
    show.add_argument("query")
    show.add_argument("arguments", nargs="?", default="{}")
    verbs.add_parser("commands", help="every command with its JSON schema and who may use it")
    feed = verbs.add_parser("feed", parents=[common], help="hand in a file of alarms, one JSON object a line")
    feed.add_argument("file", type=Path)
    replay = verbs.add_parser(
        "replay", parents=[common], help="play a file of fire calls into the feed on a test clock"
    )
    replay.add_argument("file", type=Path)
    replay.add_argument("--date", help="Call Date to play, YYYY-MM-DD; default: all")
    replay.add_argument("--speed", type=float, default=0.0, help="times real time; 0 = as fast as possible")
    load = verbs.add_parser("import", parents=[signed], help="import a file into a register")
    load.add_argument("kind", choices=["shelters", "points"])
    load.add_argument("file", type=Path)
    load.add_argument(
        "--column", action="append", default=[], metavar="FIELD=COLUMN", help="column of a field"
    )
    load.add_argument("--encoding", help="encoding of the file, where it is not found out")
    load.add_argument("--point-kind", help="kind of all points of the file, e.g. hospital")
    load.add_argument("--dry-run", action="store_true", help="check only, load nothing")
    _add_bundles(verbs, signed)
    attach = verbs.add_parser("attach", parents=[signed], help="attach a file to an incident")
    attach.add_argument("incident")
    attach.add_argument("file", type=Path)
    attach.add_argument("--note")
    attachment = verbs.add_parser(
        "attachment", parents=[signed], help="save a copy of an attachment in a new file or a folder"
    )
    attachment.add_argument("attachment_id")
    attachment.add_argument("out", type=Path)
    pack = verbs.add_parser(
        "exercise-pack", help="make a district pack whose extent is that of a file's points"
    )
    pack.add_argument("file", type=Path)
    pack.add_argument("out", type=Path)
    password = verbs.add_parser(
        "password",
        parents=[signed],
        help="set a password: the signed-in one's, then the new one, on standard input",
    )
    password.add_argument("account_name", nargs="?", default="")


def _add_bundles(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], signed: argparse.ArgumentParser
) -> None:
    """Exchange by stick (CM-07)."""
    export = verbs.add_parser(
        "bundle-export", parents=[signed], help="make a bundle for a paired workstation, to be carried there"
    )
    export.add_argument("--to", required=True, metavar="SITE|AGENCY", help="for whom")
    export.add_argument("where", type=Path, help="a folder of the stick, or a file that is not there yet")
    export.add_argument(
        "--follow", action="store_true", help="begin where the last bundle to it ended, confirmed or not"
    )
    export.add_argument("--resume", action="store_true", help="go on with a bundle that was cut off")
    take = verbs.add_parser(
        "bundle-import",
        parents=[signed],
        help="take bundles in that were carried here; a second time is harmless",
    )
    take.add_argument("files", type=Path, nargs="+", metavar="FILE", help="parts (*.jdb), or a folder")
    take.add_argument("--dry-run", action="store_true", help="look only, take nothing in")


def _record(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    verbs.add_parser("verify", parents=[common], help="check every entry, signature and row of the record")
    verbs.add_parser(
        "rebuild", parents=[common], help="empty the projected tables and project the journal again"
    )
    history = verbs.add_parser(
        "history", parents=[common], help="who changed a record, when, from where, having seen what"
    )
    history.add_argument("entity")
    history.add_argument("entity_id")
    backup = verbs.add_parser(
        "backup", parents=[common], help="copy the database, restore the copy on trial, check it"
    )
    backup.add_argument(
        "file", type=Path, nargs="?", help="default: a dated one in the site's own folder of backups"
    )
    restore = verbs.add_parser(
        "restore", parents=[common], help="restore a copy as a new site of the same agency"
    )
    restore.add_argument("file", type=Path)
    restore.add_argument("--recovery-file", type=Path, required=True)
    restore.add_argument(
        "--letter", default="", help="series letter of the new site; default: the next free one"
    )
    restore.add_argument(
        "--set-aside",
        action="store_true",
        help="move a damaged database that is there into a folder of its own first; nothing is overwritten",
    )
