"""Every screen in every theme, size and language: pictures in out/gallery, checks by geometry, the manual's pictures.

`screens` is the one list of screens; `ink` notes what is painted, `geometry` and `names` look at it, `words` at the language
it is in; `allowed` names what may be otherwise, with the reason. `make gallery` runs all of it, the suite a part
(tests/tools/test_gallery_screens.py), `make manual-pictures` takes its pictures from the same list.
"""
