"""The FIX session to the EMS: an initiator on quickfix behind the face of an EmsLink."""
