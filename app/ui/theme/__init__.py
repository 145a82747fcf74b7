"""Looks: tokens, palette, style sheet, fonts, tinted icons, shapes. Widgets ask the one Theme, never a colour of their own.

Style sheet hooks, set with `setProperty` before a widget is shown:
plane = canvas | surface | raised | card | warn | bad | line (panels and plates),
tone = muted | good | warn | bad | accent (labels),
type = title | summary | head | body | small (labels; a property `size` every widget has already),
kind = primary | quiet | danger | chip (buttons), form = true (inputs of forms, 32 px), fault = true (faulty input).
"""
