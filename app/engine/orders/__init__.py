"""The firm's own flow: parent > algo order > child, linked as facts arrive, whatever their order."""
