"""The map of forces and places: a folium page inside the window, without any network (MP-01, MP-02, MP-06)."""
