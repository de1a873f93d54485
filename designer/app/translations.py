"""Loads the app's and Qt's own translations for the user's language."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from designer.app.resources import resource


def install(app: QApplication, locale: QLocale | None = None) -> list[QTranslator]:
    """Install what there is for a locale (the system's by default); English needs none."""
    locale = locale or QLocale.system()
    installed = []
    for folder, name in (
        (QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), "qtbase"),
        (str(resource("translations")), "netdesigner"),
    ):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder) and app.installTranslator(translator):
            installed.append(translator)
    return installed
