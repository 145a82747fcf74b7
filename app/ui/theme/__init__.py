"""Looks: tokens, palette, style sheet, fonts, tinted icons, shapes. Widgets ask the one Theme, never a colour of their own.

Style sheet hooks, set with `setProperty` before a widget is shown:
plane = canvas | surface | raised (panels and plates), tone = muted | good | warn | bad | accent (labels),
size = title | summary | body | small (labels), kind = primary | quiet | danger | chip (buttons).
"""
