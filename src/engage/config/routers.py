class MigrationsByOwner:
    """Only the owner role changes the schema; both aliases are one database."""

    def allow_migrate(self, db, app_label, **hints):
        return db == "owner"
