"""Run inside an instance: a GTK 4 window that copies a picture when C is pressed, and when V is pressed pastes one and
prints its size and the hash of its pixels."""

import hashlib
import sys

import gi

gi.require_version("Gdk", "4.0")
gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, GLib, GObject, Gtk  # noqa: E402

WIDTH, HEIGHT = 96, 64


def say(*words):
    print(*words, flush=True)


def make_texture():
    # Colours that differ in every pixel, none of them transparent: premultiplied or not is the same.
    pixels = bytearray()
    for y in range(HEIGHT):
        for x in range(WIDTH):
            pixels += bytes((x * 2, y * 3, x ^ y, 255))
    return Gdk.MemoryTexture.new(
        WIDTH, HEIGHT, Gdk.MemoryFormat.R8G8B8A8, GLib.Bytes.new(bytes(pixels)), WIDTH * 4)


def describe(texture):
    downloader = Gdk.TextureDownloader.new(texture)
    downloader.set_format(Gdk.MemoryFormat.R8G8B8A8)
    pixels, stride = downloader.download_bytes()
    data = pixels.get_data()
    rows = b"".join(data[y * stride:y * stride + texture.get_width() * 4] for y in range(texture.get_height()))
    return f"{texture.get_width()}x{texture.get_height()} {hashlib.sha256(rows).hexdigest()}"


def handle_pasted(clipboard, result, _):
    try:
        say("pasted", describe(clipboard.read_texture_finish(result)))
    except GLib.Error as error:
        say("nothing to paste:", error.message)


def handle_key(_controller, keyval, _code, _state, window):
    clipboard = window.get_clipboard()
    if keyval == Gdk.KEY_c:
        texture = make_texture()
        # As a Gdk.Texture, which GTK writes as a PNG file, and not as the class that this one happens to be.
        clipboard.set_content(Gdk.ContentProvider.new_for_value(GObject.Value(Gdk.Texture, texture)))
        say("copied", describe(texture))
    elif keyval == Gdk.KEY_v:
        clipboard.read_texture_async(None, handle_pasted, None)
    return True


def activate(application):
    window = Gtk.ApplicationWindow(application=application, title="picture")
    window.set_default_size(400, 300)
    keys = Gtk.EventControllerKey()
    keys.connect("key-pressed", handle_key, window)
    window.add_controller(keys)
    window.present()


application = Gtk.Application(application_id="org.example.Picture")
application.connect("activate", activate)
sys.exit(application.run())
