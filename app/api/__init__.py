"""The EMS API: answers from the board, streams its changes, hands intents to the control process."""
